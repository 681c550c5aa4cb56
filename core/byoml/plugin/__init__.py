"""All that a plugin author meets: the marker, the Framework class, and the values that pass the boundary.

    from byoml.plugin import Capabilities, Framework, hookimpl

    class MyFramework(Framework):
        name = "mine"

        def model_fn(self, model_dir): ...

    @hookimpl
    def byoml_register_framework():
        return MyFramework()

`byoml.testing.contract` tests such a class as core's own are tested.
"""

from byoml.plugin.framework import Framework
from byoml.plugin.hookspecs import hookimpl
from byoml.plugin.values import (
    Capabilities,
    Context,
    ImageRecipe,
    Invocation,
    Outcome,
    ServerSettings,
    TrainingJob,
)

__all__ = [
    "Capabilities",
    "Context",
    "Framework",
    "ImageRecipe",
    "Invocation",
    "Outcome",
    "ServerSettings",
    "TrainingJob",
    "hookimpl",
]
