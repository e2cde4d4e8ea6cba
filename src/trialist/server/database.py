"""The database's tables, and who owns them.

On PostgreSQL two roles are meant: the owner makes and moves the tables, the application's role reads and
inserts. The ledger refuses UPDATE and DELETE to it because nobody granted them, and TRUNCATE, ALTER and DROP
because it owns nothing. In a file of SQLite there are triggers only: who can write the file can remove them.
"""

from __future__ import annotations

from pathlib import Path

from django.db import connection

from trialist.findings import InputError, Message, Refusal
from trialist.server import settings, workplace

MESSAGES = {
    "SERVE-NO-DB": Message(
        en="The database cannot be reached: {why}.",
        zh="无法连接数据库：{why}。",
        ways_en=("Check the address in --db, and that the database runs and lets this role in.",),
        ways_zh=("请核对 --db 中的地址，并确认数据库已启动且允许该角色连接。",),
    ),
    "SERVE-OWNER": Message(
        en="The role {role} owns the tables: it could change what is recorded.",
        zh="角色 {role} 拥有这些表，可以更改已记录的内容。",
        ways_en=(
            "Connect as another role with --db and name the owner with --owner: it makes the tables and grants rights.",
        ),
        ways_zh=("用 --db 以其他角色连接，并用 --owner 给出所有者的地址：由其建表并授权。",),
    ),
}

READ_ADD = ("event", "disclosure", "server_accountlog", "server_rehearsal")
"""Tables in which lines are added and never changed."""
READ = ("django_migrations",)


def prepare(database: str, folder: Path, owner: str | None = None) -> None:
    """Bring the tables up to date, by the owner where one is named; Django is on `database` afterwards.

    Raises:
        InputError: a database cannot be reached.
    """
    settings.point_at(owner or database, folder)
    _reach()
    migrate()
    if owner is not None:
        role = settings.database_settings(database)["USER"]
        grant(role)
        settings.point_at(database, folder)
        _reach()


def migrate() -> None:
    """Bring the tables up to date, as whoever is connected."""
    from django.core.management import call_command

    workplace.forget()
    call_command("migrate", verbosity=0, interactive=False)


def grant(role: str) -> None:
    """Let the application's role read and add to the ledger, and keep holdings and projections."""
    from psycopg import sql

    name = sql.Identifier(role)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(_schema()), name))
        for table in connection.introspection.table_names():
            rights = "SELECT, INSERT, UPDATE, DELETE"
            if table in READ_ADD:
                rights = "SELECT, INSERT"
            elif table in READ:
                rights = "SELECT"
            one = sql.Identifier(table)
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(one, name))
            cursor.execute(sql.SQL("GRANT " + rights + " ON {} TO {}").format(one, name))
        every = sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}")
        cursor.execute(every.format(sql.Identifier(_schema()), name))


def refuse_ownership() -> None:
    """In production the application's role must not own what it writes to.

    Raises:
        Refusal: it does.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(current_user, relowner, 'MEMBER'), current_user"
            " FROM pg_class WHERE oid = 'event'::regclass"
        )
        owns, role = cursor.fetchone()
    if owns:
        raise Refusal(MESSAGES["SERVE-OWNER"].finding("SERVE-OWNER", path="--db", role=role))


def _schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def _reach() -> None:
    from django.db import Error

    try:
        connection.ensure_connection()
    except Error as error:
        why = str(error).strip().splitlines()[0]
        raise InputError(MESSAGES["SERVE-NO-DB"].finding("SERVE-NO-DB", path="--db", why=why)) from None
