/** The kinds of token, how they look, and where the keys of resources are. */
import type { TokenKind } from '../../src/provider/provider.ts';
import { RESOURCE_KINDS } from './resource-kinds.ts';
import { API_MANAGEMENT_KINDS, FUNCTIONS_KINDS, LOGIC_APP_KINDS, MESSAGING_KINDS } from './special-kinds.ts';

export const ENTRA_SECRET: TokenKind = {
  id: 'entra-client-secret',
  types: ['gitleaks_rule_id_azureentraclientsecret', 'gitleaks_rule_id_azure-ad-client-secret'],
  pattern: /(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Each tenant has its own applications; the configured one is asked.' },
  // The longest that there are.
  whole: (token) => token.length === 40,
  undo: 'no',
};
export const DEVOPS_TOKEN: TokenKind = {
  id: 'devops-token',
  types: ['gitleaks_rule_id_azurepersonalaccesstoken'],
  pattern: /(?<![A-Za-z0-9])(?:[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}|[a-z2-7]{52})(?![A-Za-z0-9])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Each organization has its own tokens; the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};
const LISTED = {
  effect: 'wider',
  possession: 'listed-whole',
  places: { open: 'Each subscription has its own resources; the configured ones are searched.' },
  undo: 'no',
} as const;

const RESOURCE_KEY: TokenKind = {
  id: 'resource-key',
  types: [
    'gitleaks_rule_id_azurecosmosdbcredentials',
    'gitleaks_rule_id_azureappconfigconnectionstring',
    'gitleaks_rule_id_azurecommservicesconnectionstring',
    'gitleaks_rule_id_azureeventgridaccesskey',
    'gitleaks_rule_id_azureopenaiapikey',
    'gitleaks_rule_id_azuresignalraccesskey',
    'gitleaks_rule_id_azure-app-configuration-connection-string',
    'gitleaks_rule_id_azure-storage-account-key',
    'gitleaks_rule_id_azure_batch_key',
    'gitleaks_rule_id_azure_maps_key',
    'gitleaks_rule_id_azure_search_key',
  ],
  pattern:
    /(?<![\w+/-])(?:[A-Za-z0-9+/]{86}==|[A-Za-z0-9]{84}|[A-Za-z0-9]{52}|[A-Za-z0-9+/]{43}=|[\w-]{43}|[0-9a-f]{32})(?![\w+/=-])/,
  ...LISTED,
  // A long key may be cut to a short one's length.
  whole: 'open',
  warning:
    'The key is regenerated, so every client that uses this key of the resource needs the new one, and what was signed with it is invalid: shared access signatures of Storage and Event Grid, tokens of SignalR and Web PubSub.',
};

const FUNCTIONS_KEY: TokenKind = {
  id: 'functions-key',
  types: ['gitleaks_rule_id_azurefunctionsapikey'],
  pattern: /(?<![\w+/-])[\w+/-]{54}==(?![\w+/=-])/,
  whole: 'exact',
  ...LISTED,
  warning: 'The key is renewed, so every client that uses this key of the function app needs the new one.',
};
const LOGIC_APP_SIGNATURE: TokenKind = {
  id: 'logic-app-signature',
  types: ['gitleaks_rule_id_azurelogicappsas'],
  pattern: /(?<![\w-])[\w-]{43}(?![\w-])/,
  whole: 'exact',
  ...LISTED,
  warning:
    'The access key of the workflow is regenerated, so all callback URLs that were signed with it stop working.',
};
const API_MANAGEMENT_KEY: TokenKind = {
  id: 'api-management-key',
  types: ['gitleaks_rule_id_azureapimanagementgatewaykey', 'gitleaks_rule_id_azureapimanagementdirectkey'],
  pattern: /(?<![\w+/-])(?:[A-Za-z0-9+/]{86}==|[0-9a-f]{32})(?![\w+/=-])/,
  whole: 'exact',
  ...LISTED,
  warning:
    'The key is regenerated, so every client or gateway that uses it needs the new one, and what it signed is invalid.',
};

const MESSAGING_KEY: TokenKind = {
  id: 'messaging-key',
  types: ['gitleaks_rule_id_azure-servicebus-connection-string'],
  pattern: /(?<![\w+/-])[A-Za-z0-9+/]{43}=(?![\w+/=-])/,
  whole: 'exact',
  ...LISTED,
  warning:
    'The key of the shared access policy is regenerated, so every client that uses it needs the new one, and signatures that were made with it are invalid.',
};

export const KEYS_OF_RESOURCES = [
  { kind: RESOURCE_KEY, of: RESOURCE_KINDS },
  { kind: FUNCTIONS_KEY, of: FUNCTIONS_KINDS },
  { kind: LOGIC_APP_SIGNATURE, of: LOGIC_APP_KINDS },
  { kind: API_MANAGEMENT_KEY, of: API_MANAGEMENT_KINDS },
  { kind: MESSAGING_KEY, of: MESSAGING_KINDS },
] as const;
