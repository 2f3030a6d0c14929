"""What an operator may tune of the product itself."""

import shlex

from config.settings.env import environment

DATA_DIR = environment.data_dir
PUBLIC_URL = environment.public_url
REGION = environment.region
MASTER_KEY = environment.master_key
EGRESS_ALLOW = environment.egress_allow
METRICS_TOKEN = environment.metrics_token
SANDBOX_BACKEND = environment.sandbox
SANDBOX_UID = environment.sandbox_uid
SESSIONS_PER_PERSON = environment.sessions_per_person
WORKSPACE_BYTES = environment.workspace_bytes
# A ClamAV daemon that looks at what people send: a socket's path, or host:port.
CLAMAV = environment.clamav
SESSION_IDLE_HOURS = environment.session_idle_hours
ARCHIVE_DAYS = environment.archive_days
TRASH_DAYS = environment.trash_days
# How long `/readyz` refuses traffic before a stopping web process closes its doors: two probe
# intervals of the load balancer before it.
DRAIN_SECONDS = environment.drain_seconds
# A transaction that stays open holds back every reader of the ledger.
TRANSACTION_AGE_ALARM_MS = 200
REDIS_URL = environment.redis_url
# Paths beneath which a session's working directory may be seeded from.
WORKSPACE_ROOTS = environment.workspace_roots
# Folders beneath which MCP servers may read: programs put there by the operator, and whatever
# else the operator names.
MCP_ROOTS = (str(environment.data_dir / "servers"), *environment.mcp_roots)
# Model providers by the prefix of their models' names: (key, base URL).
MODEL_PROVIDERS = {
    "anthropic": (environment.anthropic_api_key, environment.anthropic_base_url),
    "openai": (environment.openai_api_key, environment.openai_base_url),
}
DEFAULT_MODEL = environment.default_model
# The agent behind the runtime `acp`, started inside the session's sandbox.
ACP_COMMAND = shlex.split(environment.acp_command)
SANDBOX_IMAGE = environment.sandbox_image
