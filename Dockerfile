# The hub as an image: a wheel built in the first stage, and in the second nothing but what runs it.
FROM python:3.11.14-slim-trixie AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY kernel kernel
COPY channels channels
COPY crmcore crmcore
COPY tickets tickets
COPY routing routing
COPY bot bot
COPY webhooks webhooks
COPY console console
COPY hub hub
RUN python -m venv /opt/centrala \
    && python -m pip wheel --no-deps --wheel-dir /wheels . \
    && /opt/centrala/bin/pip install "$(ls /wheels/*.whl)[fast]"

FROM python:3.11.14-slim-trixie

# pg_dump and pg_restore, for `centrala backup`, `restore` and `migrate`: of the version of the server in compose.yaml
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 centrala \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin centrala \
    && install --directory --owner 10001 --group 10001 --mode 0750 /data
COPY --from=build /opt/centrala /opt/centrala

# 0.0.0.0 is the container's own network: what of it is published is said where the container is started
ENV PATH=/opt/centrala/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CENTRALA_WEB__HOST=0.0.0.0 \
    CENTRALA_WEB__PORT=8080
USER 10001:10001
# the settings are read from centrala.toml in here, and all that is kept lies here
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-I", "-m", "hub.cli.alive"]
ENTRYPOINT ["centrala"]
CMD ["run"]
