# syntax=docker/dockerfile:1

# 1. What browsers load.
FROM node:24-bookworm-slim AS web
WORKDIR /src
COPY console/package.json console/package-lock.json console/.npmrc ./console/
COPY widget/package.json widget/package-lock.json widget/.npmrc ./widget/
RUN --mount=type=cache,target=/root/.npm \
    (cd console && npm ci --no-audit --no-fund) && (cd widget && npm ci --no-audit --no-fund)
COPY console ./console
COPY widget ./widget
RUN (cd console && npm run build) && (cd widget && npm run build)

# 2. The one binary, with those files in it.
FROM golang:1.26-bookworm AS build
WORKDIR /src
ENV GOWORK=off CGO_ENABLED=0
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
COPY --from=web /src/console/dist ./console/dist
COPY --from=web /src/widget/dist ./widget/dist
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /tandem ./cmd/tandem

# 3. Nothing but the binary, certificates and time zones; no shell, no root.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /tandem /tandem
USER nonroot
EXPOSE 8080
# The image has no shell and no curl: the binary asks itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["/tandem", "healthcheck", "--live"]
ENTRYPOINT ["/tandem"]
CMD ["api"]
