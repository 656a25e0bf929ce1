#!/bin/sh
# The pnpm that package.json pins, for the build stages. A build behind a company's proxy passes that one's certificate
# as the secret `ca` and its npm settings as the secret `npmrc`; neither gets into a layer.
set -eu
if [ -f /run/secrets/ca ]; then
  # npm and pnpm each look in another place.
  export NODE_EXTRA_CA_CERTS=/run/secrets/ca SSL_CERT_FILE=/run/secrets/ca npm_config_cafile=/run/secrets/ca
fi
if [ -f /run/secrets/npmrc ]; then export npm_config_userconfig=/run/secrets/npmrc; fi
exec npx --yes "$(node -p 'require("./package.json").packageManager')" "$@"
