"""What a page offers this member; the gate and the services decide anew what they may do."""

from reviews.protocol.members import Membership


def abilities(membership: Membership) -> dict[str, bool]:
    return {
        f"can_{name}": membership.can(capability)
        for name, capability in {
            "screen": "screen",
            "manage": "manage",
            "adjudicate": "adjudicate",
            "open": "deduplicate",
            "retrieve": "retrieve",
        }.items()
    }
