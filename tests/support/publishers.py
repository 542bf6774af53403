"""Built-in profiles with a publisher for the layouts that many publish in, which a load asks for."""

from __future__ import annotations

from evcharge.sources import Profile, builtin_profiles, with_overrides

PUBLISHER = "a publisher"


def published(name: str) -> Profile:
    """The built-in profile of this name; one without a source as ``PUBLISHER`` publishes it."""
    profile = builtin_profiles()[name]
    return profile if profile.source else with_overrides(profile, source=PUBLISHER)


def all_published() -> list[Profile]:
    """All of them."""
    return [published(name) for name in builtin_profiles()]
