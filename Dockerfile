# evcharge with PostgreSQL's driver and workbooks, as a user without rights.
#   docker build -t evcharge .
#   docker run --rm -v "$PWD:/data" evcharge load --create-db sessions.csv
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/evcharge && /opt/evcharge/bin/pip install --no-cache-dir --no-compile '.[postgres,excel]'

FROM python:3.13-slim
COPY --from=build /opt/evcharge /opt/evcharge
RUN useradd --uid 10001 --create-home evcharge && install -d -o evcharge /data
USER evcharge
WORKDIR /data
ENV PATH=/opt/evcharge/bin:$PATH MPLCONFIGDIR=/tmp PYTHONDONTWRITEBYTECODE=1
# Healthy: the database can be reached
HEALTHCHECK --interval=60s --timeout=10s --start-period=30s CMD ["evcharge", "db", "current"]
ENTRYPOINT ["evcharge"]
CMD ["--help"]
