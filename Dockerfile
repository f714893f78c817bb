# One static binary, as a user without rights, on a file system that may be read-only:
#
#   docker build -t askdesk --build-arg VERSION="$(git describe --tags --always)" .
#   docker run --read-only --tmpfs /tmp -v askdesk:/data -p 127.0.0.1:8080:8080 askdesk
#
# /data holds all state, and askdesk.yaml if you write one there. The service listens
# beyond the container, so it wants a key first: see docs/OPERATIONS.md.

FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/askdesk ./cmd/askdesk \
    && mkdir /out/data

FROM scratch
# Models and embedders elsewhere are spoken to over TLS.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/LICENSE /src/NOTICE /licenses/
COPY --from=build /out/askdesk /usr/local/bin/askdesk
# A new volume gets its owner from here.
COPY --from=build --chown=65532:65532 /out/data /data
ENV PATH=/usr/local/bin ASKDESK_DATA=/data ASKDESK_ADDR=0.0.0.0:8080
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s CMD ["askdesk", "ping"]
ENTRYPOINT ["askdesk"]
CMD ["serve"]
