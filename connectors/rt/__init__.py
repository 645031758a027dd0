"""Request Tracker 5 as the service desk, through its REST 2 interface: assets, tickets with approvals, and users."""
