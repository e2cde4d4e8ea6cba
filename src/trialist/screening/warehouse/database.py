"""A warehouse's database: runs statements, keeps answers as temporary tables, changes nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from trialist.screening.warehouse.messages import complaint
from trialist.screening.warehouse.tables import NEEDED, OPTIONAL

Rows = list[tuple[Any, ...]]


class Database(Protocol):
    """What screening asks of a database. Statements are written in DuckDB's dialect, or compiled for `dialect`."""

    dialect: str
    ends: date | None
    """The last day that it observes, where that is known without asking."""

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table of the warehouse; none if there is no such table."""

    def keep(self, name: str, query: str, *, passing: bool = False) -> None:
        """Keeps the answer of a query (of this dialect) as a temporary table, or a view where it is passing."""

    def rows(self, query: str) -> Rows:
        """The answer of a query (of this dialect)."""

    def drop(self, names: Iterable[str], *, views: bool = False) -> None:
        """Drops temporary tables or views."""

    def close(self) -> None:
        """Ends the connection; what was temporary is gone."""


class DuckDB:
    """A database in one file, opened for reading."""

    dialect = "duckdb"
    ends: date | None = None

    def __init__(self, path: str, schema: str | None, threads: int | None) -> None:
        import duckdb

        self._error = duckdb.Error
        config: dict[str, Any] = {} if threads is None else {"threads": threads}
        try:
            self._connection = duckdb.connect(path, read_only=True, config=config)
            self._connection.execute("SET preserve_insertion_order = false")
            if schema is not None:
                self._connection.execute(f'USE "{schema}"')
        except duckdb.Error as error:
            raise complaint("warehouse.unreachable", why=_one_line(error)) from None
        self._schema = schema or "main"

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table."""
        query = "SELECT column_name FROM information_schema.columns WHERE lower(table_name) = ? AND table_schema = ?"
        found = self._connection.execute(query, [table, self._schema]).fetchall()
        return frozenset(str(name).lower() for (name,) in found)

    def keep(self, name: str, query: str, *, passing: bool = False) -> None:
        """A temporary table, or a view."""
        kind = "VIEW" if passing else "TABLE"
        self._run(f'CREATE OR REPLACE TEMP {kind} "{name}" AS {query}')

    def rows(self, query: str) -> Rows:
        """The answer."""
        return list(self._run(query).fetchall())

    def drop(self, names: Iterable[str], *, views: bool = False) -> None:
        """Gone."""
        for name in names:
            self._run(f'DROP {"VIEW" if views else "TABLE"} IF EXISTS "{name}"')

    def close(self) -> None:
        """Ended."""
        self._connection.close()

    def _run(self, statement: str) -> Any:
        try:
            return self._connection.execute(statement)
        except self._error as error:
            raise complaint("warehouse.failed", why=_one_line(error)) from error


class PostgreSQL:
    """A database on a server."""

    dialect = "postgres"
    ends: date | None = None

    def __init__(self, url: str, schema: str | None) -> None:
        import psycopg
        from psycopg import sql

        self._error = psycopg.Error
        try:
            self._connection = psycopg.connect(url, autocommit=True)
            if schema is not None:
                self._connection.execute(
                    sql.SQL("SET search_path = pg_temp, {}, public").format(sql.Identifier(schema))
                )
            self._connection.execute("SET jit = off")
        except psycopg.Error as error:
            raise complaint("warehouse.unreachable", why=_one_line(error)) from None

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table on the search path."""
        query = "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
        return frozenset(name for (name,) in self._connection.execute(query, [table]).fetchall())

    def keep(self, name: str, query: str, *, passing: bool = False) -> None:
        """A temporary table that the planner knows, or a view."""
        if passing:
            self._run(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {query}')
            return
        self._run(f'DROP TABLE IF EXISTS pg_temp."{name}" CASCADE')
        self._run(f'CREATE TEMP TABLE "{name}" AS {query}')
        self._run(f'ANALYZE "{name}"')

    def rows(self, query: str) -> Rows:
        """The answer."""
        return list(self._run(query).fetchall())

    def drop(self, names: Iterable[str], *, views: bool = False) -> None:
        """Gone, with the views over them."""
        for name in names:
            self._run(f'DROP {"VIEW" if views else "TABLE"} IF EXISTS pg_temp."{name}" CASCADE')

    def close(self) -> None:
        """Ended."""
        self._connection.close()

    def _run(self, statement: str) -> Any:
        try:
            return self._connection.execute(statement.encode())
        except self._error as error:
            raise complaint("warehouse.failed", why=_one_line(error)) from error


class Spark:
    """Tables of a Spark session, under the session's current schema."""

    dialect = "spark"
    ends: date | None = None

    def __init__(self, session: Any, schema: str | None = None) -> None:
        self._session = session
        if schema is not None:
            session.catalog.setCurrentDatabase(schema)

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table or a view."""
        if not self._session.catalog.tableExists(table):
            return frozenset()
        return frozenset(name.lower() for name in self._session.table(table).columns)

    def keep(self, name: str, query: str, *, passing: bool = False) -> None:
        """A view; its rows are kept by the executors unless it is passing.

        It is read again without what Spark estimated of it: estimates multiply with every join, and over a chain
        of steps would outgrow the memory.
        """
        frame = self._session.sql(query)
        if passing:
            frame.createOrReplaceTempView(name)
            return
        kept = frame.localCheckpoint()._jdf  # noqa: SLF001 - rows that stay in the JVM have no public door
        session = self._session._jsparkSession  # noqa: SLF001 - likewise
        session.createDataFrame(kept.javaRDD(), kept.schema()).createOrReplaceTempView(name)

    def rows(self, query: str) -> Rows:
        """The answer."""
        return [tuple(row) for row in self._session.sql(query).collect()]

    def drop(self, names: Iterable[str], *, views: bool = False) -> None:  # noqa: ARG002 - both are views here
        """Gone."""
        for name in names:
            self._session.catalog.dropTempView(name)

    def close(self) -> None:
        """The session ends with its owner."""


_MADE: Final = {
    "spark": ("TABLE", "TEMPORARY VIEW"),
    "trino": ("TABLE", "VIEW"),
    "bigquery": ("TEMPORARY TABLE", "TEMPORARY TABLE"),
}
"""Dialect → what holds an answer, and what passes one on, where the dialect lacks temporary tables or views."""


class Script:
    """No database: writes down the statements for one of this dialect that has all tables."""

    def __init__(self, dialect: str, index: date) -> None:
        self.dialect = dialect
        self.ends: date | None = index
        self.statements: list[str] = []

    def columns(self, table: str) -> frozenset[str]:
        """What the common data model has."""
        return frozenset(NEEDED.get(table, ())) | OPTIONAL.get(table, frozenset())

    def keep(self, name: str, query: str, *, passing: bool = False) -> None:
        """Written down."""
        kept, passed = _MADE.get(self.dialect, ("TEMPORARY TABLE", "TEMPORARY VIEW"))
        self.statements.append(f"CREATE {passed if passing else kept} {name} AS {query.strip()}")

    def rows(self, query: str) -> Rows:  # noqa: ARG002 - there is nobody to ask
        """No answer."""
        return []

    def drop(self, names: Iterable[str], *, views: bool = False) -> None:
        """Nothing to drop."""

    def close(self) -> None:
        """Nothing to end."""


def connect(url: str, *, schema: str | None = None, threads: int | None = None) -> Database:
    """The warehouse at an address: `duckdb:///PATH`, `postgresql://…`, `spark://…`.

    Raises:
        InputError: no such address, a package is missing, or the warehouse cannot be opened.
    """
    scheme = urlsplit(url).scheme
    if scheme == "duckdb" and url.startswith("duckdb:///") and len(url) > len("duckdb:///"):
        path = url.removeprefix("duckdb:///")
        return _made("DuckDB", "duckdb", lambda: DuckDB(path, schema, threads))
    if scheme in ("postgresql", "postgres"):
        return _made("PostgreSQL", "psycopg", lambda: PostgreSQL(url, schema))
    if scheme == "spark":
        return _made("Spark", "pyspark", lambda: Spark(_session(url), schema))
    raise complaint("warehouse.address", url=url[:80])


def _made(system: str, package: str, make: Any) -> Database:
    try:
        made: Database = make()
    except ImportError:
        raise complaint("warehouse.no_package", system=system, package=package) from None
    return made


def _session(url: str) -> Any:
    from pyspark.sql import SparkSession  # type: ignore[import-not-found,unused-ignore]

    master = "local[2]" if url in ("spark://", "spark://local") else url
    return SparkSession.builder.master(master).appName("trialist").enableHiveSupport().getOrCreate()


def _one_line(error: Exception) -> str:
    lines: Sequence[str] = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


DIALECTS: Final = ("duckdb", "postgres", "spark", "trino", "bigquery", "snowflake")
"""Dialects that statements are compiled for; the first three are also run."""


def translated(query: str, dialect: str) -> str:
    """A statement in DuckDB's dialect, in another."""
    if dialect == "duckdb":
        return query
    import ibis.backends.sql.dialects  # noqa: F401 - mends what sqlglot writes for some; so it has to come first
    import sqlglot

    return str(sqlglot.transpile(query, read="duckdb", write=dialect, identity=False)[0])
