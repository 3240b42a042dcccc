# One image for the service, the worker and the Prefect server: the same pinned packages that the tests run with.
# Not built where it was written (no Docker engine there); tests/architecture/test_compose.py holds it to the code. See docs/deployment.md.
FROM python:3.11.13-slim-bookworm AS build

# An index that carries CPU builds of PyTorch saves several gigabytes: --build-arg PIP_EXTRA_INDEX_URL=...
ARG PIP_EXTRA_INDEX_URL=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /src
RUN python -m venv /app/venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY catalog catalog
COPY acl acl
COPY index index
COPY privacy privacy
COPY ingest ingest
COPY retrieval retrieval
COPY flows flows
COPY evals evals
COPY cli cli
RUN /app/venv/bin/python -m pip install -c constraints.txt .

FROM python:3.11.13-slim-bookworm

RUN groupadd --gid 10001 portcullis \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/portcullis --shell /usr/sbin/nologin portcullis \
    && install --directory --owner=portcullis --group=portcullis --mode=0700 /var/lib/portcullis

COPY --from=build /app/venv /app/venv
ENV PATH=/app/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORTCULLIS_HOME=/var/lib/portcullis

USER portcullis
WORKDIR /app
VOLUME /var/lib/portcullis
EXPOSE 8000
ENTRYPOINT []
CMD ["portcullis", "serve", "--host", "0.0.0.0", "--port", "8000"]
