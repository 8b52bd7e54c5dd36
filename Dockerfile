# The service with its forms and mappings, as an unprivileged user; data live in the volume /var/lib/sural.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE NOTICE ./
COPY service service
COPY questionnaires questionnaires
COPY mappings mappings
RUN python -m venv /opt/sural \
 && python -m pip wheel --quiet --no-deps --wheel-dir /tmp/wheel . \
 && /opt/sural/bin/pip install --quiet --require-hashes -r requirements.lock \
 && /opt/sural/bin/pip install --quiet --no-deps /tmp/wheel/*.whl

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/sural sural
COPY --from=build /opt/sural /opt/sural
USER sural
WORKDIR /var/lib/sural
VOLUME /var/lib/sural
EXPOSE 8080
ENV SURAL_HOST=0.0.0.0 SURAL_DATABASE=sqlite:////var/lib/sural/sural.db PYTHONUNBUFFERED=1
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["/opt/sural/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/fhir/metadata', timeout=4)"]
ENTRYPOINT ["/opt/sural/bin/sural"]
CMD ["serve"]
