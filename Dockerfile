# docker build -t schemalatch .
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY tests/setup.sh tests/
RUN tests/setup.sh build
COPY . .
RUN cmake --preset release && cmake --build --preset release

FROM ${BASE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libcpp-httplib0.11 libfmt9 libpq5 libprometheus-cpp-core1.0 libspdlog1.10 libsqlite3-0 libssl3 libstdc++6 \
        libtomlplusplus3 zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/release/schemalatch /usr/local/bin/
USER 65532:65532
EXPOSE 7355
ENTRYPOINT ["schemalatch"]
CMD ["serve"]
