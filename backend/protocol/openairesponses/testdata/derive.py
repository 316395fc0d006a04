"""Derives responses.schema.json from OpenAI's published OpenAPI document.

    python3 derive.py OPENAPI.json > responses.schema.json

Each component that the codec writes is reduced to JSON Schema, every object closed. What is changed by hand is below,
each change with its reason.
"""
import json
import sys

doc = json.load(open(sys.argv[1]))
KEEP = {'type', 'enum', 'required', 'minimum', 'maximum', 'minItems', 'maxItems', 'minLength', 'maxLength', 'pattern'}


def ref(name):
    return {'$ref': '#/$defs/' + name}


def any_of(*names):
    return {'anyOf': [ref(n) for n in names]}


def target(schema):
    return schema['$ref'].split('/')[-1]


def lower(s):
    if not isinstance(s, dict):
        return True if s is None else s
    if '$ref' in s:
        return ref(target(s))
    o = {}
    for k, v in s.items():
        if k == 'properties':
            o[k] = {name: lower(p) for name, p in v.items()}
        elif k in ('items', 'additionalProperties'):
            o[k] = lower(v)
        elif k in ('anyOf', 'oneOf'):  # a tag decides; twice right is right
            o['anyOf'] = [lower(x) for x in v]
        elif k == 'allOf':
            o[k] = [lower(x) for x in v]
        elif k in KEEP:
            o[k] = v
    return o


defs = {name: lower(s) for name, s in doc['components']['schemas'].items()}


def merge(name):
    """allOf cannot refuse unknown members, so the parts become one object."""
    m = {'type': 'object', 'properties': {}, 'required': []}

    def add(s):
        if '$ref' in s:
            return add(defs[target(s)])
        for part in s.get('allOf', []):
            add(part)
        m['properties'].update(s.get('properties', {}))
        m['required'] += s.get('required', [])

    add(defs[name])
    m['required'] = sorted(set(m['required']))
    defs[name] = m


merge('Response')
merge('CreateResponse')
RESOURCES = ('FunctionToolCallResource', 'FunctionToolCallOutputResource', 'CustomToolCallResource', 'CustomToolCallOutputResource',
             'InputMessageResource')
for name in RESOURCES:
    merge(name)

# What the codec never writes is left out, which keeps the file small and the check sharp.
defs['OutputItem'] = any_of('OutputMessage', 'FunctionToolCall', 'ReasoningItem', 'CustomToolCall', 'ImageGenToolCall', 'CompactionBody',
                            'LocalShellToolCall', 'FunctionShellCall', 'ApplyPatchToolCall', 'ToolSearchCall', 'WebSearchToolCall')
defs['InputItem'] = any_of('EasyInputMessage', 'Item')
defs['Item'] = any_of('InputMessage', 'OutputMessage', 'FunctionToolCall', 'FunctionCallOutputItemParam', 'ReasoningItem',
                      'CustomToolCallOutput', 'CustomToolCall')
# What is listed.
listed = ('ReasoningItem', 'CompactionBody', 'ImageGenToolCall')
defs['ItemResource'] = any_of('OutputMessage', *RESOURCES, *listed)
defs['ConversationItem'] = any_of('Message', *RESOURCES[:4], *listed)
defs['ItemField'] = any_of('Message', *listed)
defs['Tool'] = any_of('FunctionTool', 'CustomToolParam', 'NamespaceToolParam', 'ToolSearchToolParam', 'WebSearchTool', 'CodeInterpreterTool',
                      'LocalShellToolParam', 'FunctionShellToolParam', 'ApplyPatchToolParam')
defs['Annotation'] = ref('UrlCitationBody')
defs['ResponseOutputTextAnnotationAddedEvent']['properties']['annotation'] = ref('UrlCitationBody')
defs['ResponseStreamEvent'] = any_of(*('Response%sEvent' % n for n in (
    'Created', 'InProgress', 'Completed', 'Incomplete', 'Failed', 'OutputItemAdded', 'OutputItemDone', 'ContentPartAdded', 'ContentPartDone',
    'TextDelta', 'TextDone', 'RefusalDelta', 'RefusalDone', 'FunctionCallArgumentsDelta', 'FunctionCallArgumentsDone',
    'CustomToolCallInputDelta', 'CustomToolCallInputDone', 'ReasoningSummaryPartAdded', 'ReasoningSummaryPartDone',
    'ReasoningSummaryTextDelta', 'ReasoningSummaryTextDone', 'OutputTextAnnotationAdded')))
# A message without its type would be an EasyInputMessage.
defs['InputMessage']['required'] = ['type', 'role', 'content']
# Codex acts on two codes that the document lacks, and the official SDKs look for a member error: see Dialect.StreamError.
defs['ResponseErrorCode']['enum'] += ['context_length_exceeded', 'insufficient_quota']
defs['ResponseFailedEvent']['properties']['error'] = {'type': 'object'}
# Any upstream's model may answer.
defs['ModelIdsResponses'] = {'type': 'string'}


def close(s):
    if isinstance(s, list):
        for x in s:
            close(x)
    elif isinstance(s, dict):
        if isinstance(s.get('properties'), dict) and s['properties']:
            s.setdefault('additionalProperties', False)
        for v in s.values():
            close(v)


for d in defs.values():
    close(d)

kept = set()


def visit(s):
    if isinstance(s, list):
        for x in s:
            visit(x)
    elif isinstance(s, dict):
        if isinstance(s.get('$ref'), str) and target(s) not in kept:
            kept.add(target(s))
            visit(defs[target(s)])
        for v in s.values():
            visit(v)


for root in ('Response', 'ResponseStreamEvent', 'CreateResponse', 'ResponseItemList', 'ConversationResource', 'ConversationItemList', 'ConversationItem',
             'DeletedConversationResource', 'CompactResource', 'ErrorResponse'):
    visit(ref(root))
lines = ',\n'.join('%s: %s' % (json.dumps(n), json.dumps(defs[n], separators=(',', ':'))) for n in sorted(kept))
print('{"$comment": "Derived by derive.py from OpenAI\'s OpenAPI document, version %s",\n"$defs": {\n%s\n}}' % (doc['info']['version'], lines))
