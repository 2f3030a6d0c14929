"""SQL of the ledger: the table, its partitions, its eras and what keeps it append-only.

Stands beside the migration because Django has no words for any of it.
"""

TABLES = """
CREATE TABLE audit_era (
  era integer PRIMARY KEY,
  system_identifier bigint NOT NULL,
  timeline integer NOT NULL,
  database_oid bigint NOT NULL,
  reason text NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE audit_sealed_month (
  month date PRIMARY KEY CHECK (extract(day FROM month) = 1),
  sealed_at timestamptz NOT NULL DEFAULT now()
);

CREATE SEQUENCE audit_ledger_id_seq AS bigint;
"""

# A new era opens when the place differs from the last one recorded: xid8 counts per cluster.
ERAS = """
CREATE VIEW audit_place AS
SELECT s.system_identifier,
       ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer AS timeline,
       d.oid::bigint AS database_oid
  FROM pg_control_system() s, pg_database d WHERE d.datname = current_database();

CREATE FUNCTION audit_open_era(why text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  opened integer;
BEGIN
  INSERT INTO public.audit_era (era, system_identifier, timeline, database_oid, reason)
  SELECT coalesce((SELECT max(era) FROM public.audit_era), 0) + 1, p.*, why
    FROM public.audit_place p
  ON CONFLICT (era) DO NOTHING RETURNING era INTO opened;
  RETURN opened;
END $$;

CREATE FUNCTION audit_enter_place() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.audit_era e JOIN public.audit_place p
                   USING (system_identifier, timeline, database_oid)
                  WHERE e.era = (SELECT max(era) FROM public.audit_era)) THEN
    PERFORM public.audit_open_era('new place');
  END IF;
END $$;

-- Runs for every row, so it is neither definer nor has settings of its own: full names instead.
-- A session stays in its place (one that writes is no standby, which alone could be promoted), so
-- it looks once for each era; the era itself is always the last one, whatever the session says.
CREATE FUNCTION audit_current_era() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  here integer := (SELECT pg_catalog.max(e.era) FROM public.audit_era e);
BEGIN
  IF pg_catalog.current_setting('quarterdeck.era_entered', true) = here::text THEN
    RETURN here;
  END IF;
  LOOP
    SELECT e.era INTO here FROM public.audit_era e JOIN public.audit_place p
     USING (system_identifier, timeline, database_oid)
     WHERE e.era = (SELECT pg_catalog.max(era) FROM public.audit_era);
    IF FOUND THEN
      PERFORM pg_catalog.set_config('quarterdeck.era_entered', here::text, false);
      RETURN here;
    END IF;
    -- Who loses against another session finds that one's era when it looks again.
    PERFORM public.audit_enter_place();
  END LOOP;
END $$;

-- For `restore`: waits for writers of the old era, so that no row of it can commit later.
CREATE FUNCTION audit_force_era(why text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  LOCK TABLE public.audit_ledger IN SHARE ROW EXCLUSIVE MODE;
  RETURN public.audit_open_era(why);
END $$;
"""

LEDGER = """
CREATE TABLE audit_ledger (
  id bigint NOT NULL DEFAULT nextval('audit_ledger_id_seq'),
  era integer NOT NULL DEFAULT audit_current_era(),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  recorded_at timestamptz NOT NULL,
  fact_id uuid NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  region text NOT NULL,
  organization_id uuid,
  actor_kind text NOT NULL,
  actor_id uuid,
  on_behalf_of_id uuid,
  verb text NOT NULL,
  target_type text NOT NULL,
  target_id uuid,
  outcome text NOT NULL,
  policy_version integer NOT NULL,
  causation_id uuid,
  correlation_id uuid,
  data jsonb NOT NULL,
  commitments jsonb NOT NULL,
  PRIMARY KEY (id, recorded_at)
) PARTITION BY RANGE (recorded_at);
ALTER SEQUENCE audit_ledger_id_seq OWNED BY audit_ledger.id;

CREATE UNIQUE INDEX audit_ledger_fact ON audit_ledger (fact_id, recorded_at);
CREATE INDEX audit_ledger_position ON audit_ledger (era, xid, id);
CREATE INDEX audit_ledger_tenant ON audit_ledger (organization_id, recorded_at, fact_id);
CREATE INDEX audit_ledger_actor ON audit_ledger (actor_id, recorded_at);
CREATE INDEX audit_ledger_target ON audit_ledger (target_id, recorded_at);
CREATE INDEX audit_ledger_chain ON audit_ledger (correlation_id);
"""

# ENABLE ALWAYS: session_replication_role = replica does not pass by them.
APPEND_ONLY = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER audit_ledger_rows BEFORE UPDATE OR DELETE ON audit_ledger
  FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_ledger_whole BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_era_whole BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_era
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_ledger ENABLE ALWAYS TRIGGER audit_ledger_rows;
ALTER TABLE audit_ledger ENABLE ALWAYS TRIGGER audit_ledger_whole;
ALTER TABLE audit_era ENABLE ALWAYS TRIGGER audit_era_whole;
"""

PARTITIONS = """
CREATE VIEW audit_partition AS
SELECT c.relname::text AS name,
       (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \\(''([^'']+)''\\)'))[1]::timestamptz
         AS lower,
       (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([^'']+)''\\)'))[1]::timestamptz
         AS upper
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'audit_ledger'::regclass;

-- The parent's TRUNCATE trigger does not cover a partition, and default privileges would let the
-- runtime role change it directly: every partition passes through here.
CREATE FUNCTION audit_guard_partition(part text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  held record;
BEGIN
  EXECUTE format('CREATE TRIGGER audit_ledger_whole BEFORE UPDATE OR DELETE OR TRUNCATE
    ON public.%I FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change()', part);
  EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER audit_ledger_whole', part);
  EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER audit_ledger_rows', part);
  FOR held IN SELECT DISTINCT a.grantee FROM pg_class c, aclexplode(c.relacl) a
               WHERE c.oid = format('public.%I', part)::regclass AND a.grantee <> c.relowner LOOP
    EXECUTE format('REVOKE ALL ON public.%I FROM %s', part,
      CASE held.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(held.grantee)) END);
  END LOOP;
END $$;

CREATE FUNCTION audit_attach(part text, first timestamptz, until timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  EXECUTE format('ALTER TABLE public.audit_ledger ATTACH PARTITION public.%I
    FOR VALUES FROM (%L) TO (%L)', part, first, until);
END $$;

CREATE FUNCTION audit_make_default() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  CREATE TABLE public.audit_ledger_default PARTITION OF public.audit_ledger DEFAULT;
  PERFORM public.audit_guard_partition('audit_ledger_default');
END $$;

-- Rows that came before their month's partition lie in the default one. It becomes the partition
-- of just those months, without moving a row; false when other partitions lie between them.
CREATE FUNCTION audit_adopt_default() RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  first timestamptz;
  until timestamptz;
  part text;
BEGIN
  LOCK TABLE public.audit_ledger IN ACCESS EXCLUSIVE MODE;
  SELECT date_trunc('month', min(recorded_at)),
         date_trunc('month', max(recorded_at)) + interval '1 month'
    INTO first, until FROM public.audit_ledger_default;
  IF EXISTS (SELECT FROM public.audit_partition p WHERE p.lower < until AND p.upper > first) THEN
    RETURN false;
  END IF;
  part := format('audit_ledger_%s_%s', to_char(first, 'YYYYMM'), to_char(until, 'YYYYMM'));
  ALTER TABLE public.audit_ledger DETACH PARTITION public.audit_ledger_default;
  EXECUTE format('ALTER TABLE public.audit_ledger_default RENAME TO %I', part);
  PERFORM public.audit_attach(part, first, until);
  EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER audit_ledger_rows', part);
  PERFORM public.audit_make_default();
  RETURN true;
END $$;

CREATE FUNCTION audit_make_month(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  first timestamptz := date_trunc('month', day::timestamptz);
  until timestamptz := first + interval '1 month';
  part text := format('audit_ledger_%s', to_char(first, 'YYYYMM'));
BEGIN
  LOCK TABLE ONLY public.audit_ledger IN SHARE UPDATE EXCLUSIVE MODE;
  IF EXISTS (SELECT FROM public.audit_ledger_default
              WHERE recorded_at >= first AND recorded_at < until) THEN
    RETURN public.audit_adopt_default();
  END IF;
  IF EXISTS (SELECT FROM public.audit_partition p WHERE p.lower < until AND p.upper > first) THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE public.%I (LIKE public.audit_ledger INCLUDING DEFAULTS)', part);
  PERFORM public.audit_attach(part, first, until);
  PERFORM public.audit_guard_partition(part);
  RETURN true;
END $$;

CREATE FUNCTION audit_misplaced_month() RETURNS date
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
BEGIN
  RETURN (SELECT date_trunc('month', min(recorded_at)) FROM public.audit_ledger_default);
END $$;

CREATE FUNCTION audit_drop_month(day date) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  first timestamptz := date_trunc('month', day::timestamptz);
  part record;
BEGIN
  SELECT p.* INTO part FROM public.audit_partition p WHERE p.lower <= first AND first < p.upper;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no ledger partition holds %', first::date USING ERRCODE = 'no_data_found';
  END IF;
  IF EXISTS (SELECT FROM generate_series(part.lower, part.upper - interval '1 day',
                                         interval '1 month') AS month
              WHERE NOT EXISTS (SELECT FROM public.audit_sealed_month s
                                 WHERE s.month = month.month::date)) THEN
    RAISE EXCEPTION 'ledger partition % is not sealed', part.name
      USING ERRCODE = 'restrict_violation';
  END IF;
  EXECUTE format('DROP TABLE public.%I', part.name);
  RETURN part.name;
END $$;

SELECT audit_make_default();
SELECT audit_make_month((now() + make_interval(months => ahead))::date)
  FROM generate_series(-1, 3) AS ahead;
"""
