"""The floor of `make bench`: the least that a server does which accepts a response and does not lose it.

The same server with the same settings, the same process, the same route, the body read and checked, one INSERT of its
bytes, a durable commit, 201. python -m tests.support.measuring.floor serves it, with the settings of the service.
"""

import sys
from uuid import uuid4

from flask import Flask, Response, request
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, insert

from service.adapters.database.engine import Database
from service.cli.arguments import logged_settings
from service.cli.serving.http_server import make_server
from service.cli.serving.serve import SWITCH_SECONDS, listen, settle_memory
from service.fhir.r4.strict_json import load
from service.fhir.r4.structure import check_structure

metadata = MetaData()
kept = Table("kept", metadata, Column("id", String, primary_key=True), Column("body", LargeBinary, nullable=False))


def make_floor(database: Database) -> Flask:
    """The application with the one route."""
    app = Flask("floor")

    @app.post("/fhir/QuestionnaireResponse")
    def accept() -> Response:
        body, id = request.get_data(), str(uuid4())
        check_structure(load(body), "QuestionnaireResponse")
        with database.write() as connection:
            connection.execute(insert(kept), {"id": id, "body": body})
        return Response(status=201, headers={"Location": f"/fhir/QuestionnaireResponse/{id}"})

    return app


def main() -> None:
    """Serves until the process is ended."""
    settings = logged_settings()
    listening = listen(settings)
    database = Database(settings.database)
    with database.write() as connection:
        metadata.create_all(connection)
    server = make_server(make_floor(database), listening)
    settle_memory()
    sys.setswitchinterval(SWITCH_SECONDS)
    print(f"Serving FHIR at http://127.0.0.1:{listening.getsockname()[1]}/fhir", flush=True)
    server.run()


if __name__ == "__main__":
    main()
