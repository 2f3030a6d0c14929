"""Who may do what with people, organizations, teams, tokens and secrets: one policy per model."""

from identity.policies import credentials, organizations, people, roles, stops, teams

__all__ = ["credentials", "organizations", "people", "roles", "stops", "teams"]
