"""One file per revision, named after its id; each names the revision before it in `down_revision`."""
