"""The REST interface and its OpenAPI document."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "identity.api.authentication.TokenAuthentication",
        "identity.api.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["kernel.http.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "kernel.http.negotiation.OnlyOneType",
    "DEFAULT_SCHEMA_CLASS": "kernel.http.schema.ProblemSchema",
    "EXCEPTION_HANDLER": "kernel.http.problems.handle",
    "UNAUTHENTICATED_USER": "identity.api.authentication.Nobody",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Quarterdeck",
    "DESCRIPTION": "Run AI-agent sessions together: prompt, watch, approve, keep the record.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "OrganizationRoleEnum": "identity.enums.OrganizationRole",
        "TeamRoleEnum": "identity.enums.TeamRole",
        "SessionRoleEnum": "sessions_app.enums.SessionRole",
        "SessionStatusEnum": "sessions_app.enums.SessionStatus",
        "RunStatusEnum": "sessions_app.enums.RunStatus",
        "ToolStatusEnum": "sessions_app.enums.ToolStatus",
        "ApprovalStatusEnum": "sessions_app.enums.ApprovalStatus",
        "ExecutionStatusEnum": "sessions_app.enums.ExecutionStatus",
        "ReportStatusEnum": "sessions_app.enums.ReportStatus",
        "ReportFormatEnum": "sessions_app.enums.ReportFormat",
        "FileDeedEnum": "sessions_app.enums.FileDeed",
        "FileStatusEnum": "sessions_app.enums.FileStatus",
        "TerminalStatusEnum": "sessions_app.enums.TerminalStatus",
        "UserKindEnum": "identity.enums.UserKind",
        "SubjectKindEnum": "identity.enums.SubjectKind",
        "SecretScopeEnum": "identity.enums.SecretScope",
        "SecretTypeEnum": "identity.enums.SecretType",
        "StopScopeEnum": "identity.enums.StopScope",
        "VariableTypeEnum": "sessions_app.engine.variables.TYPES",
    },
}
