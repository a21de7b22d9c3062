# docker build -t syncer .
# docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/project" \
#   -e PIPELINER_API_USERNAME -e PIPELINER_API_PASSWORD syncer plan
# With --user it is you who writes plans, locks and journals into your folder; without it, a user who may not.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/syncer
COPY ci/requirements.txt ci/
RUN /opt/syncer/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r ci/requirements.txt
COPY ci/build_hook.py ci/
COPY pyproject.toml README.md LICENSE ./
COPY docs ./docs
COPY schemas ./schemas
COPY examples ./examples
COPY syncer ./syncer
# The folder .git is not copied: docker build --build-arg VERSION=1.2.3 says what is built.
ARG VERSION=0.0
RUN SETUPTOOLS_SCM_PRETEND_VERSION=$VERSION \
    /opt/syncer/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="syncer" \
      org.opencontainers.image.description="Sales opportunities as code, for Pipeliner CRM" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/syncer /opt/syncer
ENV PATH="/opt/syncer/bin:$PATH" PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin syncer
USER 10001:10001
WORKDIR /project
ENTRYPOINT ["syncer"]
CMD ["--help"]
