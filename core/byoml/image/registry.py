"""The registry that an image goes to: ECR's, by account and region, or any other by its name."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from byoml.errors import ExtraMissingError
from byoml.image.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from byoml.image.docker import Docker

__all__ = ["EcrRepository", "prepare"]

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<name>[^:@]+)(:(?P<tag>[\w.-]+))?"
)


class EcrRepository(NamedTuple):
    """A repository of AWS's registry.

    Args:
        account: The registry's owner, twelve digits.
        region: Such as `eu-west-1`.
        name: Such as `team/model`.
    """

    account: str
    region: str
    name: str

    @classmethod
    def parse(cls, image: str) -> EcrRepository | None:
        """Take an image's name apart; None where it is not ECR's."""
        found = _ECR.fullmatch(image)
        return cls(found["account"], found["region"], found["name"]) if found else None


def prepare(image: str, environ: Mapping[str, str], docker: Docker, tell: Callable[[str], None]) -> None:
    """Make ready for a push: at ECR the repository is made where it is missing, and Docker is logged in.

    Args:
        image: The full name, with the registry's.
        environ: `AWS_ENDPOINT_URL_ECR` or `AWS_ENDPOINT_URL` where ECR is not AWS's.
        docker: Docker's client.
        tell: Called with what happens now, one line each.

    Raises:
        ExtraMissingError: boto3 is not installed.
        RegistryError: AWS refuses, or cannot be asked.
    """
    repository = EcrRepository.parse(image)
    if repository is None:
        return
    client = _client(repository, environ)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        _make(client, repository, tell)
        _log_in(client, repository, docker, tell)
    except (BotoCoreError, ClientError) as error:
        raise RegistryError(image, error) from None


def _client(repository: EcrRepository, environ: Mapping[str, str]) -> Any:
    try:
        import boto3
    except ImportError:
        raise ExtraMissingError("pushing to ECR", "boto3", "s3") from None
    endpoint = environ.get("AWS_ENDPOINT_URL_ECR") or environ.get("AWS_ENDPOINT_URL")
    session = boto3.session.Session(profile_name=environ.get("AWS_PROFILE"))
    return session.client("ecr", region_name=repository.region, endpoint_url=endpoint)


def _make(client: Any, repository: EcrRepository, tell: Callable[[str], None]) -> None:
    try:
        client.describe_repositories(registryId=repository.account, repositoryNames=[repository.name])
    except client.exceptions.RepositoryNotFoundException:
        tell(f"making the repository {repository.name} in {repository.region}")
        client.create_repository(repositoryName=repository.name, imageScanningConfiguration={"scanOnPush": True})


def _log_in(client: Any, repository: EcrRepository, docker: Docker, tell: Callable[[str], None]) -> None:
    granted = client.get_authorization_token(registryIds=[repository.account])["authorizationData"][0]
    user, _, password = base64.b64decode(granted["authorizationToken"]).decode().partition(":")
    server = granted["proxyEndpoint"]
    tell(f"logging in to {server}")
    docker.read("login", "--username", user, "--password-stdin", server, given=password)
