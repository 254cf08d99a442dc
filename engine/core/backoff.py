"""How long to wait. Jitter is a pure function of the run and its failures, so a replay waits as the run did."""

from hashlib import blake2b

from engine.core.request import Policy


def ceiling(policy: Policy, failures: int) -> float:
    """The longest backoff behind `failures` failures (from 1), in seconds: doubled each time, capped."""
    return min(policy.backoff_cap, policy.backoff * 2.0 ** min(failures - 1, 62))


def jittered(policy: Policy, run_id: str, failures: int, *, salt: int = 0) -> float:
    """Full jitter: evenly spread between 0 and the ceiling, in seconds."""
    digest = blake2b(f"{run_id}/{salt}/{failures}".encode(), digest_size=8).digest()
    return ceiling(policy, failures) * (int.from_bytes(digest, "big") / 2**64)
