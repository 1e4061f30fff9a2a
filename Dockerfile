# schemalatch's image: one static executable, and nothing else: no shell, no package, no root.
#
#   docker build --tag schemalatch:0.1.0 .
#
# Into an application's image, so that what is required can't differ from what is deployed:
#
#   COPY --from=schemalatch:0.1.0 /schemalatch /schemalatch

# BASE builds: Debian 12 (docs/decisions/0015). FINAL is what lies around the executable: nothing, or your own base.
ARG BASE=debian:bookworm-slim
ARG FINAL=scratch

FROM ${BASE} AS build
WORKDIR /src
# Packages, then what is made of their sources: a change of ours does not fetch either again.
COPY tests/setup.sh tests/
RUN tests/setup.sh static-build
COPY cmake/static_sources.sh cmake/
RUN cmake/static_sources.sh
COPY . .
RUN cmake --preset static \
    && cmake --build --preset static \
    && install --strip -D build/static/schemalatch /image/schemalatch \
    && install -D -m 644 LICENSE /image/licenses/schemalatch \
    && for package in libc6-dev libstdc++-12-dev libssl-dev libpq-dev libsqlite3-dev libcpp-httplib-dev prometheus-cpp-dev \
        libtomlplusplus-dev libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev libexpected-dev; do \
        install -m 644 "/usr/share/doc/$package/copyright" "/image/licenses/$package" || exit 1; \
    done

FROM ${FINAL}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="schemalatch" \
    org.opencontainers.image.description="Ready when the database's schema is at least what the image needs" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}"
COPY --from=build /image/ /
# A number, for runAsNonRoot; any other number does, too. Nothing is ever written.
USER 65532:65532
EXPOSE 7355
# Asks the running sidecar, so that it holds through an outage as the gate does. Longer than a migration: until the first
# success nothing counts as a failure.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30m CMD ["/schemalatch", "check", "--via"]
ENTRYPOINT ["/schemalatch"]
CMD ["serve"]
