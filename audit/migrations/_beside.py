"""SQL of what stands beside the ledger: the erasable side, cursors, dead letters, rights."""

TABLES = """
CREATE TABLE audit_subject_key (
  id uuid PRIMARY KEY,
  subject_id uuid NOT NULL,
  wrapped bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX audit_subject_key_subject ON audit_subject_key (subject_id, created_at);

CREATE TABLE audit_private (
  fact_id uuid NOT NULL,
  field text NOT NULL,
  key_id uuid NOT NULL,
  salt bytea NOT NULL,
  ciphertext bytea NOT NULL,
  PRIMARY KEY (fact_id, field)
);
CREATE INDEX audit_private_key ON audit_private (key_id);

CREATE TABLE audit_cursor (
  name text PRIMARY KEY,
  era integer NOT NULL DEFAULT 0,
  xid xid8 NOT NULL DEFAULT '0',
  id bigint NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  error text NOT NULL DEFAULT '',
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE audit_dead_letter (
  id uuid PRIMARY KEY,
  listener text NOT NULL,
  fact_id uuid NOT NULL,
  failures integer NOT NULL,
  error text NOT NULL,
  retry_at timestamptz NOT NULL,
  parked_at timestamptz NOT NULL,
  UNIQUE (listener, fact_id)
);

CREATE TABLE audit_signing_key (
  id uuid PRIMARY KEY,
  purpose text NOT NULL UNIQUE,
  public_key bytea NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
"""

# The one way in, called for every fact: a function, so that its plans are made once a connection.
APPEND = """
CREATE FUNCTION audit_append(fact jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.audit_ledger (recorded_at, fact_id, name, version, region, organization_id,
    actor_kind, actor_id, on_behalf_of_id, verb, target_type, target_id, outcome, policy_version,
    causation_id, correlation_id, data, commitments)
  SELECT f.* FROM pg_catalog.jsonb_to_record(fact) AS f (recorded_at timestamptz, fact_id uuid,
    name text, version integer, region text, organization_id uuid, actor_kind text, actor_id uuid,
    on_behalf_of_id uuid, verb text, target_type text, target_id uuid, outcome text,
    policy_version integer, causation_id uuid, correlation_id uuid, data jsonb, commitments jsonb);
  IF fact ? 'private' THEN
    INSERT INTO public.audit_private (fact_id, field, key_id, salt, ciphertext)
    SELECT (fact ->> 'fact_id')::uuid, p.field, p.key_id,
           pg_catalog.decode(p.salt, 'base64'), pg_catalog.decode(p.ciphertext, 'base64')
      FROM pg_catalog.jsonb_to_recordset(fact -> 'private')
        AS p (field text, key_id uuid, salt text, ciphertext text);
  END IF;
END $$;
"""

# Only what is named: id, era and xid of a ledger row are never the writer's choice.
RIGHTS = """
DO $$ BEGIN
  REVOKE ALL ON FUNCTION audit_open_era(text), audit_force_era(text), audit_enter_place(),
    audit_current_era(), audit_guard_partition(text),
    audit_attach(text, timestamptz, timestamptz),
    audit_make_default(), audit_adopt_default(), audit_make_month(date), audit_drop_month(date),
    audit_misplaced_month(), audit_append(jsonb) FROM PUBLIC;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') AND current_user <> '{role}' THEN
    REVOKE ALL ON audit_ledger, audit_era, audit_sealed_month, audit_subject_key, audit_private,
      audit_cursor, audit_dead_letter, audit_signing_key, audit_place, audit_partition FROM {role};
    GRANT SELECT ON audit_ledger, audit_era, audit_place, audit_sealed_month, audit_partition
      TO {role};
    GRANT INSERT (recorded_at, fact_id, name, version, region, organization_id, actor_kind,
      actor_id, on_behalf_of_id, verb, target_type, target_id, outcome, policy_version,
      causation_id, correlation_id, data, commitments) ON audit_ledger TO {role};
    GRANT USAGE ON SEQUENCE audit_ledger_id_seq TO {role};
    GRANT SELECT, INSERT, DELETE ON audit_private TO {role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON audit_subject_key, audit_dead_letter TO {role};
    GRANT SELECT, INSERT, UPDATE ON audit_cursor TO {role};
    GRANT SELECT, INSERT ON audit_signing_key TO {role};
    GRANT EXECUTE ON FUNCTION audit_enter_place(), audit_current_era(), audit_make_month(date),
      audit_drop_month(date), audit_misplaced_month(), audit_append(jsonb) TO {role};
  END IF;
END $$;
"""
