# One image for every worker; the command says which one (docker-compose.yml).
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# Only the worker's local stores are writable. They are a cache: the changelogs hold the truth.
RUN useradd --uid 10001 --no-create-home orderflow && install -d -o orderflow /data
VOLUME /data
ENV ORDERFLOW_DATADIR=/data

# Installed by root, run by somebody else: a worker cannot change its own code.
WORKDIR /build
COPY pyproject.toml LICENSE ./
COPY models models
COPY streams streams
COPY tables tables
COPY agents agents
RUN pip install .
# The simulated payment gateway is a tool beside the application, not a part of it.
COPY deploy/__init__.py /opt/orderflow/deploy/__init__.py
COPY deploy/gateway /opt/orderflow/deploy/gateway

WORKDIR /data
USER 10001
EXPOSE 6066
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:6066/health/ready', timeout=4)"]
CMD ["faust", "-A", "streams.app", "worker"]
