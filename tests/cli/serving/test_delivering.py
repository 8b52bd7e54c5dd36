"""The worker as `sural serve` and `sural worker` run it: which parts it is given."""

from service.adapters.database.engine import Database
from service.cli.serving.delivering import make_worker
from service.settings import Settings
from service.wiring import wire


def test_the_worker_reads_the_patient_before_a_delivery(sqlite: Database) -> None:
    settings = Settings(fhir_server="http://fhir.example/base")
    assert make_worker(settings, sqlite, wire(settings)).assessor is not None
