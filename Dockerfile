# Quash as an image: its sources as they are, which Node.js runs without a build, and what they need. No tests.
#
#   docker build -t quash .
#   docker run -d --name quash-here --read-only -p 8080:8080 -v quash-data:/data quash
#   docker exec quash-here node /app/src/bin.js gitlab-settings --url https://quash.example.com
#
# The admin port listens on 127.0.0.1, that is, inside the container only. To reach it from outside, for probes,
# metrics and the dashboard, set QUASH_ADMIN__HOST=:: and decide who gets to it.
# Name a configuration file by QUASH_CONFIG, not by --config, so that the health check finds it, too.
#
# A tag may be moved to another image, a digest cannot. For builds that can be repeated:
#   docker buildx imagetools inspect node:26-slim --format '{{.Manifest.Digest}}'
#   docker build --build-arg NODE_IMAGE=node:26-slim@sha256:<that digest> -t quash .
ARG NODE_IMAGE=node:26-slim

FROM ${NODE_IMAGE} AS build
# For builds without a way to the public registry; has a value only while the image is built.
ARG npm_config_registry
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package's own script runs: those that we need have none that matters.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# Half of it is TypeScript, type declarations and source maps, which Node.js never loads from here.
RUN find node_modules -type f '(' -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' ')' -delete
COPY LICENSE ./
COPY src src
COPY providers providers
# Started once, for the code as Node.js compiles it, which src/bin.js keeps beside the packages: where the image runs,
# nothing can be written. It serves machines with such a processor as this one; others compile it again at each start.
# A builder that is too slow for it makes an image that starts more slowly. In the foreground, or it gets the signal twice.
RUN QUASH_LISTEN__PORT=0 QUASH_ADMIN__PORT=0 timeout --foreground 10 node src/bin.js serve; rm -rf data
# Readable for everybody and writable for nobody else, whatever the umask of the checkout was.
RUN chmod -R u=rwX,go=rX .

FROM ${NODE_IMAGE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Quash" \
      org.opencontainers.image.description="Makes leaked secrets dead: GitLab's Token Revocation API for self-managed GitLab." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
RUN install -d -o 65532 -g 65532 -m 0700 /data
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/package.json /app/LICENSE /app/
COPY --from=build /app/src /app/src
COPY --from=build /app/providers /app/providers
# Here the default paths, ./data/..., lead to the volume; a variable in their place would win over the operator's file.
WORKDIR /
VOLUME ["/data"]
USER 65532:65532
EXPOSE 8080 9090
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
  CMD ["node", "/app/src/bin.js", "health"]
# No shell and no npm in between: Node.js itself gets SIGTERM, and "serve" ends in good order.
ENTRYPOINT ["node", "/app/src/bin.js"]
CMD ["serve"]
