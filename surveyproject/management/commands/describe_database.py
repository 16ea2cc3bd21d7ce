"""bin/manage describe_database: what is there and who may do what, line by line; a restored database says the same."""

import hashlib
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from accounts import audit
from survey.models import Site
from survey.scope import site_scope

# Tables with their rights, those of columns included, and the state of row security; partitions too.
TABLES = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, has_table_privilege(c.oid, 'SELECT'),
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'site_id' AND NOT a.attisdropped),
       concat(c.relowner::regrole, c.relacl::text,
              (SELECT string_agg(a.attname || a.attacl::text, ',' ORDER BY a.attname)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL)),
       (SELECT string_agg(concat_ws('|', p.policyname, p.cmd, p.roles::text, p.qual, p.with_check), ';'
        ORDER BY p.policyname) FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = c.relname)
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""


class Command(BaseCommand):
    help = (
        "Print, for every table, how many rows a worker sees, whether row security is forced, and a hash of all rights "
        "and policies; then the head of the audit trail. Compare the lines before a backup with those after a restore."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            tables = cursor.fetchall()
        for name, guarded, forced, partition, readable, of_sites, rights, policies in tables:
            said = hashlib.sha256(f"{rights}\n{policies}".encode()).hexdigest()[:12]
            security = "forced" if guarded and forced else "NOT FORCED" if guarded else "none"
            rows = "" if partition or not readable else f", {_rows(name, by_site=of_sites)} rows"
            self.stdout.write(f"{name}{rows}, row security {security}, rights {said}")
        whole = "whole" if audit.first_fault() is None else "NOT WHOLE"
        self.stdout.write(f"audit trail {whole}, {audit.length()} entries, head {audit.head() or 'empty'}")


def _rows(table: str, *, by_site: bool) -> int:
    return sum(_counted(table, by_site=by_site))


def _counted(table: str, *, by_site: bool) -> Iterator[int]:
    """In each site's own scope, since nobody sees all of them at once; a row without a site counts where it stands."""
    query = f'SELECT count(*) FROM "{table}"'
    if not by_site:
        with connection.cursor() as cursor:
            cursor.execute(query)
            yield cursor.fetchone()[0]
        return
    for site_id in Site.objects.order_by("pk").values_list("pk", flat=True):
        with site_scope(site_id), connection.cursor() as cursor:
            cursor.execute(f"{query} WHERE site_id = %s", [site_id])
            yield cursor.fetchone()[0]
