"""Finding plugins and asking them, with real distributions in another Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    class Site(Protocol):
        """The fixture of conftest.py."""

        def add(self, plugin: str, source: str) -> None:
            """Install a distribution."""

        def run(self, code: str, disabled: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
            """Run code that finds it."""


_FRAMEWORKS = "print(sorted(frameworks(make_manager(os.environ))))"
_LAUNCHER = "@hookimpl\ndef byoml_select_launcher(env):\n    return {!r}\n"
_SELECT = "print(one_answer(make_manager(os.environ), 'byoml_select_launcher', 'a launcher', env=None))"


def _last(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.splitlines()[-1]


def test_an_installed_distribution_is_a_plugin(site: Site, framework_source: Callable[[str], str]) -> None:
    """Its entry point alone makes it one."""
    site.add("one", framework_source("one"))
    site.add("two", framework_source("two"))
    assert site.run(_FRAMEWORKS).stdout == "['one', 'two']\n"


def test_a_disabled_plugin_is_not_even_imported(site: Site) -> None:
    """So the switch helps against one that is broken."""
    site.add("broken", "raise RuntimeError('imported')")
    done = site.run(_FRAMEWORKS, disabled="other, broken ,")
    assert (done.stdout, done.returncode) == ("[]\n", 0)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_library", "No module named 'no_such_library'"),
        ("raise ValueError('odd')", "ValueError: odd"),
        ("@hookimpl\ndef byoml_no_such_hook():\n    pass\n", "unknown hook 'byoml_no_such_hook'"),
        ("@hookimpl\ndef byoml_env_vars(env, other):\n    pass\n", "other"),
    ],
    ids=["import", "raises", "unknown-hook", "unknown-argument"],
)
def test_a_broken_plugin_is_named_with_its_distribution_and_the_switch(site: Site, source: str, reason: str) -> None:
    """The error says whom to mend, and how to go on without."""
    site.add("broken", source)
    error = _last(site.run(_FRAMEWORKS))
    for words in (
        "PluginBrokenError: plugin broken",
        "distribution dist-broken",
        reason,
        "BYOML_DISABLED_PLUGINS=broken",
    ):
        assert words in error


def test_one_answer_is_the_answer_and_none_is_none(site: Site) -> None:
    """A plugin that returns None stays out of it."""
    assert site.run(_SELECT).stdout == "None\n"
    site.add("shy", "@hookimpl\ndef byoml_select_launcher(env):\n    return None\n")
    site.add("bold", _LAUNCHER.format("torchrun"))
    assert site.run(_SELECT).stdout == "torchrun\n"


def test_two_answers_where_one_is_wanted_name_both_plugins(site: Site) -> None:
    """Entry points load in no certain order, so neither may win."""
    site.add("b", _LAUNCHER.format("mpi"))
    site.add("a", _LAUNCHER.format("torchrun"))
    error = _last(site.run(_SELECT))
    assert "PluginConflictError: plugin a: gives a launcher, and so does plugin b" in error
    assert site.run(_SELECT, disabled="a").stdout == "mpi\n"


def test_two_frameworks_of_one_name_name_both_plugins(site: Site, framework_source: Callable[[str], str]) -> None:
    """As a framework is chosen by its name."""
    site.add("a", framework_source("same"))
    site.add("b", framework_source("same"))
    assert "plugin a: gives the framework 'same', and so does plugin b" in _last(site.run(_FRAMEWORKS))


def test_all_answers_come_with_their_plugins_by_name(site: Site) -> None:
    """Whatever the order in which they were found."""
    for name in ("c", "a", "b"):
        site.add(name, f"@hookimpl\ndef byoml_env_vars(env):\n    return {{{name!r}: env}}\n")
    code = "print(all_answers(make_manager(os.environ), 'byoml_env_vars', env='E'))"
    assert site.run(code).stdout == "[('a', {'a': 'E'}), ('b', {'b': 'E'}), ('c', {'c': 'E'})]\n"


def test_a_trace_shows_each_call_and_its_result(site: Site) -> None:
    """On stderr, and only where it was asked for."""
    site.add("one", _LAUNCHER.format("mpi"))
    traced = site.run(_SELECT, BYOML_TRACE_PLUGINS="1")
    assert traced.stdout == "mpi\n"
    assert "byoml_select_launcher" in traced.stderr
    assert "env: None" in traced.stderr
    assert "mpi" in traced.stderr
    assert site.run(_SELECT, BYOML_TRACE_PLUGINS="0").stderr == ""


def test_cores_own_plugins_come_through_the_same_door(site: Site) -> None:
    """A plugin's codec for a type of core's is a conflict like any other."""
    site.add(
        "mine",
        "from byoml.codecs import Codec\n"
        "class Mine(Codec):\n    content_types = ('text/csv',)\n    def decode(self, body, parameters): ...\n"
        "@hookimpl\ndef byoml_register_codecs():\n    return [Mine()]\n",
    )
    code = (
        "from byoml.codecs import Codecs\nfrom byoml.plugin import builtin_codecs\n"
        "answers = all_answers(make_manager(os.environ, [builtin_codecs]), 'byoml_register_codecs')\n"
        "print(Codecs((owner, codec) for owner, codecs in answers for codec in codecs).decodable[:1])\n"
    )
    assert "a codec for text/csv, and so does plugin mine" in _last(site.run(code))
    assert site.run(code, disabled="mine").stdout == "('application/json',)\n"
