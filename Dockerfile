# The service with its questionnaires and mappings, run by an unprivileged user on a root file system that may be
# read-only: data is in the volume /var/lib/sural, and /tmp must be writable.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/sural \
 && /opt/sural/bin/pip install --quiet --only-binary :all: --require-hashes -r requirements.lock \
 && python -m pip install --quiet --only-binary :all: --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY service service
COPY questionnaires questionnaires
COPY mappings mappings
COPY tests/cases/patients/low-mood tests/cases/patients/low-mood
RUN python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /tmp/wheel . \
 && /opt/sural/bin/pip install --quiet --no-deps /tmp/wheel/*.whl \
 && /opt/sural/bin/pip uninstall --quiet --yes pip

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/sural sural
COPY --from=build /opt/sural /opt/sural
USER sural
WORKDIR /var/lib/sural
VOLUME /var/lib/sural
ENV SURAL_HOST=0.0.0.0 SURAL_PORT=8080 SURAL_DATABASE=sqlite:////var/lib/sural/sural.db PYTHONUNBUFFERED=1
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD ["/opt/sural/bin/python", "-c", "import os, sys; from http.client import HTTPConnection as C; c = C('127.0.0.1', int(os.environ['SURAL_PORT']), timeout=4); c.request('GET', '/health/ready'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["/opt/sural/bin/sural"]
CMD ["serve"]
