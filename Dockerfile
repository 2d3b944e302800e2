# syntax=docker/dockerfile:1
# Every role of the gateway, by its command: docker build -t mcp-gateway .
# The target "up" also holds Envoy, for one machine, and needs the digest of its image (docs/dependencies.md):
# docker build --target up --build-arg ENVOY_DIGEST=sha256:... -t mcp-gateway-up .
ARG NODE=node:24.18.0-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d
ARG RUNTIME=gcr.io/distroless/nodejs24-debian12:nonroot@sha256:14d42e2511532589a7c7e01a753667a74fcc96266e137e8125006b87b0c32d0a
ARG ENVOY=envoyproxy/envoy:distroless-v1.40.0
ARG ENVOY_DIGEST

FROM ${NODE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/copy-assets.ts scripts/
COPY scripts/supply-chain scripts/supply-chain
COPY core core
COPY protos protos
COPY runtime runtime
COPY ext-authz ext-authz
COPY ext-proc ext-proc
COPY envoy envoy
COPY k8s k8s
COPY bridge bridge
COPY watcher watcher
COPY ledger ledger
COPY pod pod
COPY control control
COPY local local
COPY cli cli
RUN npm run build && mkdir -p /state

FROM ${NODE} AS dependencies
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${ENVOY}${ENVOY_DIGEST:+@}${ENVOY_DIGEST} AS envoy-image

FROM ${NODE} AS envoy
ARG ENVOY_DIGEST
RUN case "$ENVOY_DIGEST" in sha256:*) ;; *) echo "ENVOY_DIGEST must be the digest of Envoy's image; see docs/dependencies.md" >&2; exit 1 ;; esac
COPY --from=envoy-image /usr/local/bin/envoy /usr/local/bin/envoy

# Node, the certificates of public authorities, and nothing else: no shell, no package manager.
FROM ${RUNTIME} AS gateway
WORKDIR /app
COPY LICENSE package.json ./
COPY --from=dependencies /src/node_modules node_modules
COPY --from=build /src/dist dist
ENV NODE_ENV=production
USER 65532:65532
# Requests leave short-lived objects behind: a larger young generation is collected less often.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=32", "/app/dist/cli/main.js"]
CMD ["--help"]

FROM gateway AS up
COPY --from=envoy /usr/local/bin/envoy /usr/local/bin/envoy
COPY --from=build --chown=65532:65532 /state /var/lib/mcp-gateway
ENV ENVOY_PATH=/usr/local/bin/envoy XDG_STATE_HOME=/var/lib
CMD ["up", "--config", "/etc/mcp-gateway/gateway.yaml"]

FROM gateway
