// The OpenID provider of the end-to-end tests: the `oidc-provider` package, on loopback, with new keys at each start.
// usage: node oidc.mjs PORT
//
// A token's form is asked for by its resource: urn:sallyport:ALG:SECONDS:AUDIENCE, e.g. urn:sallyport:es256:600:sallyport.
// Grants: client_credentials (agents), device_code (people), token-exchange (an agent acts for a person; RFC 8693).
import Provider, { errors } from 'oidc-provider'
import { generateKeyPair, exportJWK, jwtVerify, createLocalJWKSet } from 'jose'

const port = Number(process.argv[2])
const issuer = `http://127.0.0.1:${port}`
const key = async (alg, kid) => ({
  ...(await exportJWK((await generateKeyPair(alg, { extractable: true })).privateKey)), alg, kid, use: 'sig',
})
const jwks = { keys: [await key('RS256', 'rs1'), await key('ES256', 'es1')] }
const publicKeys = { keys: jwks.keys.map(({ d, p, q, dp, dq, qi, ...rest }) => rest) }

const people = {
  alice: ['developers'],
  bob: ['security-officers'],
  carol: ['security-officers'],
  oscar: ['operators'],
  audrey: ['auditors'],
}
const machines = {
  'agent-1': ['reporting-agents'],
  'agent-2': ['reporting-agents'],
  'agent-nobody': [],
}

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
const SCOPE = 'gate:connect'

const resourceServer = name => {
  const [, urn, alg, seconds, audience] = /^urn:(sallyport):(es256|rs256):(\d+):([\w-]+)$/.exec(name) ?? []
  if (!urn) throw new errors.InvalidTarget()
  return {
    scope: SCOPE, audience, accessTokenTTL: Number(seconds), accessTokenFormat: 'jwt',
    jwt: { sign: { alg: alg.toUpperCase() } },
  }
}

const provider = new Provider(issuer, {
  jwks,
  cookies: { keys: ['end-to-end'] },
  clients: [
    ...Object.keys(machines).map(id => ({
      client_id: id, client_secret: 's3cret', grant_types: ['client_credentials', EXCHANGE], redirect_uris: [],
      response_types: [], scope: SCOPE,
    })),
    {
      client_id: 'sallyport-cli', token_endpoint_auth_method: 'none', application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token', DEVICE], redirect_uris: ['http://127.0.0.1/cb'],
      response_types: ['code'], id_token_signed_response_alg: 'ES256',
    },
  ],
  scopes: ['openid', 'offline_access', SCOPE],
  claims: { openid: ['sub', 'groups'] },
  conformIdTokenClaims: false,
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, groups: people[id] ?? [] }) }),
  extraTokenClaims: (ctx, token) => ({
    groups: token.extra?.act ? machines[token.clientId] : token.accountId ? people[token.accountId] ?? [] : machines[token.clientId] ?? [],
    ...(ctx.oidc.body?.run_id ? { run_id: ctx.oidc.body.run_id } : {}),
    ...(token.extra ?? {}),
  }),
  pkce: { required: () => true },
  ttl: { DeviceCode: 600, Grant: 3600, Interaction: 600, Session: 3600, IdToken: 600, AccessToken: 600, ClientCredentials: 600 },
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:sallyport:es256:600:sallyport',
      getResourceServerInfo: (ctx, name) => resourceServer(name),
      useGrantedResource: () => true,
    },
  },
})

provider.registerGrantType(EXCHANGE, async ctx => {
  const { params, client } = ctx.oidc
  let subject
  try {
    subject = (await jwtVerify(params.subject_token, createLocalJWKSet(publicKeys), { issuer })).payload
  } catch {
    throw new errors.InvalidGrant('subject_token invalid')
  }
  const name = params.resource ?? 'urn:sallyport:es256:600:sallyport'
  const token = new provider.AccessToken({ client, accountId: subject.sub, gty: 'token_exchange', scope: SCOPE })
  token.resourceServer = new provider.ResourceServer(name, resourceServer(name))
  token.extra = { act: { sub: client.clientId } }
  ctx.body = {
    access_token: await token.save(),
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: token.expiration,
  }
}, ['subject_token', 'subject_token_type', 'resource', 'audience', 'scope', 'requested_token_type', 'actor_token', 'actor_token_type'])

provider.on('server_error', (ctx, error) => console.error(error))
provider.listen(port, '127.0.0.1', () => console.log('ready', issuer))
