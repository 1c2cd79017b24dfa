# dockrx with its pipelines, and nothing else: no shell, no package manager.
#   docker build -t dockrx .
# Without arguments it is in place of mesoscloud/events (pipelines/events.ts); with them it is the command `pipeline`:
#   docker run --rm dockrx list
ARG NODE_IMAGE=node:24-alpine

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund
# Types, source maps and what native modules would be built of serve nobody here: 13 of 34 MB.
RUN rm -rf node_modules/.package-lock.json node_modules/@types node_modules/nan node_modules/cpu-features node_modules/buildcheck \
 && find node_modules -type f '(' -name '*.ts' -o -name '*.[cm]ts' -o -name '*.map' -o -name '*.md' ')' -exec rm {} +
# The image: Node without its symbols (18 MB), the libraries it names, a folder for temporary files, a user.
RUN node=$(readlink -f "$(command -v node)") \
 && mkdir -p /image/usr/local/bin /image/app /image/etc /image/tmp /events \
 && cp "$node" /image/usr/local/bin/node \
 && { command -v strip || apk add --no-cache binutils; } \
 && strip /image/usr/local/bin/node \
 && for library in $(ldd "$node" | grep -o '/[^ :)]*' | sort -u); do \
      mkdir -p "/image$(dirname "$library")" && cp -L "$library" "/image$library"; \
    done \
 && echo 'root:x:0:0:root:/:/' >/image/etc/passwd \
 && echo 'dockrx:x:1000:1000:dockrx:/:/' >>/image/etc/passwd \
 && chmod 1777 /image/tmp \
 && cp -R bin deploy dist node_modules package.json pipelines LICENSE /image/app

FROM scratch
COPY --from=build /image /
COPY --from=build --chown=1000:1000 /events /srv/events
WORKDIR /app
ENV NODE_ENV=production HOME=/ EVENTS_DIR=/srv/events
VOLUME /srv/events
STOPSIGNAL SIGTERM
# For pipelines that serve, as events.ts does; for others --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["node", "deploy/health.mjs"]
ENTRYPOINT ["node", "deploy/entrypoint.mjs"]
CMD ["run", "--state", "/srv/events/.dockrx", "pipelines/events.ts"]
