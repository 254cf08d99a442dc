"""Pure adapters: a Request becomes an httpx.Request, bytes become deltas, a status with its body becomes a Fault."""
