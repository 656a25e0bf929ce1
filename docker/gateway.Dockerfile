# The API gateway, and the other commands of `micro`. Built from the root of the repository:
#   docker build -f docker/gateway.Dockerfile -t micro/gateway .
FROM node:22-bookworm-slim AS build
WORKDIR /repo
# Dependencies first, by the lockfile alone: this layer is made anew only when the lockfile changes.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY docker/pnpm.sh docker/
RUN --mount=type=secret,id=ca --mount=type=secret,id=npmrc sh docker/pnpm.sh fetch
COPY . .
RUN --mount=type=secret,id=ca --mount=type=secret,id=npmrc \
    sh docker/pnpm.sh install --offline --frozen-lockfile --filter . --filter micro... && \
    sh docker/pnpm.sh --filter micro bundle

FROM node:22-bookworm-slim
WORKDIR /app
COPY --from=build /repo/docker/healthcheck.mjs /repo/packages/micro/bundle/ ./
ENV NODE_ENV=production MICRO_API_ADDRESS=:8080
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["node", "healthcheck.mjs", "http"]
ENTRYPOINT ["node", "main.mjs"]
CMD ["api", "--handler=api"]
