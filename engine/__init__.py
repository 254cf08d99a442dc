"""The failover engine. It knows no screen: everything here works without Qt."""
