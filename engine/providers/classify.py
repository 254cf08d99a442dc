"""The meaning of an error, whoever sends it: one reading for every provider, gateway and local server.

The order is: the typed code, then the status, then the words; quota before rate limit; a refused key before a rate
limit. Bare numbers in prose are never read. An error inside a 200 gets the class of its HTTP twin.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from msgspec import Struct

from engine.core.faults import Cause, Fault, Kind
from engine.providers.hints import names_daily_quota, opened, spent_for, wait_hint, walk
from engine.redact import redact

DETAIL_BOUND = 300  # characters of `Fault.detail`
TEXT_BOUND = 12_000  # characters of the provider's words that are searched

Reading = tuple[Kind, Cause | None]

# Typed codes that decide alone, from each vendor's reference of error codes; written without case and punctuation.
_CODE_ROWS: tuple[tuple[Kind, Cause | None, str], ...] = (
    (
        Kind.QUOTA,
        None,
        """insufficientquota billinghardlimitreached billingnotactive billinglimituserspecified
        creditbalanceexhausted organizationspendlimitexceeded projectspendlimitexceeded userspendlimitexceeded
        keyspendlimitexceeded spendlimitexceeded organizationusagelimitexceeded usagelimitreached usagelimitexceeded
        usagenotincluded exceededcurrentquotaerror exceededcurrentquota billingerror creditserror insufficientbalance
        insufficientcredit insufficientcredits rejectnocredit quoteexceeded quotaexceeded quotaexceedederror
        monthlyquotaexceeded budgetexceeded paymentrequired paymentrequirederror arrearage accountoverdueerror
        throttlingallocationquota allocationquotaexceeded freetieronly allocationquotafreetieronly
        servicequotaexceeded freeusagelimiterror setlimitexceeded prepaidbillingoverdue postpaidbillingoverdue
        commoditynotpurchased insufficientaccountbalance""",
    ),
    (Kind.QUOTA, Cause.PLAN, "modelnotavailableinplan plannotsupported subscriptionrequired"),
    (
        Kind.AUTH,
        None,
        """invalidapikey apikeyinvalid apikeyexpired wrongapikey incorrectapikeyerror invalidauthenticationerror
        authenticationerror unauthenticated organizationrestricted organizationdeactivated accountdeactivated
        nosuchorganization missingapikey invalidtoken expiredtoken tokenexpired unrecognizedclient
        invalidsignature incompletesignature signaturedoesnotmatch missingauthenticationtoken invalidclienttokenid
        requestexpired credentialsmissing accesstokenexpired accountstateinvalid invalidapitoken apikeydisabled
        apikeyserviceblocked keydisabled autherror""",
    ),
    (
        Kind.PERMISSION,
        None,
        """servicedisabled accountdisabled modelaccessdenied consumersuspended
        apikeyhttpreferrerblocked apikeyipaddressblocked iprestricted insufficientpermissions missingscope
        iampermissiondenied notauthorized optinrequired modelnotopen""",
    ),
    (Kind.REGION, None, "unsupportedcountryregionterritory unsupportedregion regionnotsupported locationnotsupported"),
    (
        Kind.MODEL_NOT_FOUND,
        None,
        """modelnotfound modelnotfounderror unknownmodel invalidmodel invalidmodelerror deploymentnotfound
        notfounderror resourcenotfounderror modelnotsupported modeldoesnotexist unsupportedmodel invalidmodelid
        invalidendpointormodel modelnotexist nosuchmodel modelnotavailable resourcenotfound""",
    ),
    (
        Kind.MODEL_NOT_FOUND,
        Cause.GONE,
        "modeldecommissioned servicemodeldeprecating servicemodeldeprecated modeldeprecated modelretired modelgone",
    ),
    (
        Kind.CONTEXT_WINDOW,
        None,
        """contextlengthexceeded contextwindowexceeded contextwindowexceedederror modelcontextwindowexceeded
        exceedcontextsizeerror toomanytokens promptistoolong contextoverflow inputtoolong prompttoolong
        maxcontextlengthexceeded modelmaxprompttokensexceeded tokenslimitreached""",
    ),
    (Kind.TOO_LARGE, None, "requesttoolarge payloadtoolarge requestentitytoolarge"),
    (
        Kind.CONTENT_FILTER,
        None,
        """contentfilter contentfiltered contentpolicyviolation contentpolicyviolationerror contentmoderation
        cyberpolicy safetycheckfailed moderationblocked prohibitedcontent blocklist imagesafety
        guardrailintervened sensitivecontentdetected inputtextsensitivecontentdetected promptblocked
        outputtextsensitivecontentdetected inputimagesensitivecontentdetected invalidprompt safety recitation""",
    ),
    (
        Kind.CONTENT_FILTER,
        Cause.MODERATION,
        "responsibleaipolicyviolation datainspectionfailed moderationerror inputmoderation",
    ),
    (
        Kind.OVERLOADED,
        None,
        """overloaded overloadederror serverisoverloaded engineoverloadederror serveroverloaded slowdown
        insufficientsystemresource capacityexceeded servicetiercapacityexceeded modelnotready
        modelnotreadyexception flexcapacityexceeded resourceunavailable mpagreementbeingcreated""",
    ),
    (Kind.RATE_LIMIT, None, "inflightbudgetexhausted"),
    (Kind.TIMEOUT, None, "modeltimeout timeouterror deadlineexceeded gatewaytimeout requesttimeout timeout"),
    (
        Kind.SERVER,
        None,
        """modelerror modelstreamerror unreachablebackend vectorstoretimeout providererror providerapierror
        providerinternalservererror noprovideravailable upstreamerror requesttimeoutordisconnected""",
    ),
    (
        Kind.BAD_REQUEST,
        None,
        """stringabovemaxlength arrayabovemaxlength previousresponsenotfound decimalabovemaxvalue
        decimalbelowminvalue integerabovemaxvalue integerbelowminvalue emptyarray emptystring invalidimageurl
        invalidimage invalidimageformat missingrequiredparameter invalidtype invalidjson""",
    ),
    (
        Kind.BAD_REQUEST,
        Cause.PARAMETER,
        "unsupportedparameter unsupportedvalue unknownparameter notsupportederror unsupportedmediatype",
    ),
    (Kind.BAD_REQUEST, Cause.HISTORY, "invalidencryptedcontent thinkingsignatureinvalid"),
    (
        Kind.BAD_REQUEST,
        Cause.TOOL_SCHEMA,
        "toolusefailed invalidfunctionparameters invalidtoolschema jsonvalidatefailed",
    ),
)
CODES: dict[str, Reading] = {name: (kind, cause) for kind, cause, names in _CODE_ROWS for name in names.split()}

# Business codes of Z.AI and BigModel (docs.z.ai/api-reference/api-code), told by their place: error.code, no object.
ZAI: dict[str, Reading] = {
    **dict.fromkeys(("1000", "1001", "1002", "1003", "1004", "1110", "1111", "1112", "1121"), (Kind.AUTH, None)),
    **dict.fromkeys(("1100", "1120", "1230", "1234"), (Kind.SERVER, None)),
    "1113": (Kind.QUOTA, None),
    **dict.fromkeys(("1210", "1213", "1214", "1215"), (Kind.BAD_REQUEST, None)),
    "1211": (Kind.MODEL_NOT_FOUND, None),
    "1212": (Kind.BAD_REQUEST, Cause.PARAMETER),
    "1220": (Kind.PERMISSION, None),
    "1221": (Kind.MODEL_NOT_FOUND, Cause.GONE),
    "1222": (Kind.BAD_REQUEST, Cause.ADDRESS),
    "1261": (Kind.CONTEXT_WINDOW, None),
    **dict.fromkeys(("1300", "1301"), (Kind.CONTENT_FILTER, None)),
    **dict.fromkeys(("1302", "1303", "1305"), (Kind.RATE_LIMIT, None)),
    "1304": (Kind.QUOTA, Cause.DAILY),
    **dict.fromkeys(("1308", "1309", "1310", *map(str, range(1313, 1322))), (Kind.QUOTA, None)),
    "1311": (Kind.QUOTA, Cause.PLAN),
    "1312": (Kind.OVERLOADED, None),
}

# MiniMax answers 200 with base_resp.status_code (its "Error Code" page).
MINIMAX: dict[str, Reading] = {
    **dict.fromkeys(("1000", "1013", "1024", "1033"), (Kind.SERVER, None)),
    "1001": (Kind.TIMEOUT, None),
    **dict.fromkeys(("1002", "1041", "2045"), (Kind.RATE_LIMIT, None)),
    **dict.fromkeys(("1004", "2049"), (Kind.AUTH, None)),
    **dict.fromkeys(("1008", "2056"), (Kind.QUOTA, None)),
    **dict.fromkeys(("1026", "1027"), (Kind.CONTENT_FILTER, None)),
    "1039": (Kind.CONTEXT_WINDOW, None),
    "2013": (Kind.BAD_REQUEST, None),
}

# Types that stand for a status (Anthropic's table of errors, google.rpc.Code, AWS), and hold against another status.
TWINS: dict[str, int] = {
    **dict.fromkeys(("unauthorized", "authenticationfailed"), 401),
    **dict.fromkeys(("permissionerror", "permissiondenied", "permissiondeniederror", "forbidden", "accessdenied"), 403),
    "notfound": 404,
    **dict.fromkeys(
        """ratelimiterror ratelimitexceeded ratelimited ratelimit ratelimitreachederror toomanyrequests
        resourceexhausted throttling throttlingerror throttled throttlingratequota throttlinguser limitrequests
        limitburstrate requestlimitexceeded ratelimitexceedederror""".split(),  # noqa: SIM905 - a table of words
        429,
    ),
    **dict.fromkeys(("unavailable", "serviceunavailable", "serviceunavailableerror"), 503),
}
# Types that say little: read only where no status is known.
GENERIC: dict[str, int] = {
    **dict.fromkeys(
        """invalidrequesterror badrequesterror badrequest invalidargument failedprecondition validation
        invalidrequest invalidparameter invalidparametererror outofrange invalidvalue validationerror""".split(),  # noqa: SIM905 - a table of words
        400,
    ),
    **dict.fromkeys(
        """apierror servererror internalservererror internalserver internal internalerror unknown dataloss
        internalfailure aborted""".split(),  # noqa: SIM905 - a table of words
        500,
    ),
    "conflict": 409,
    **dict.fromkeys(("unimplemented", "notimplemented"), 501),
    "cancelled": 499,
}


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.I | re.M)


_QUOTA = _words(
    r"insufficient[ _](?:account )?(?:quota|balance|credits?|funds)|credit balance is too low",
    r"not enough (?:credits?|balance|funds)",
    r"(?:out|short) of (?:credits?|funds|quota)|(?:no|any|zero|more) (?:remaining )?credits?\b(?! card)",
    r"can only afford",
    r"(?:billing|spend(?:ing)?|budget)[ _](?:hard |soft )?(?:limit|cap)|payment required",
    r"payment (?:is )?past due|past invoices",
    r"in arrears|arrearage|overdue|欠费|余额不足|使用上限|balance (?:is )?(?:insufficient|too low|exhausted|negative)",
    r"key limit exceeded|specified api usage limits|exceeded (?:your|its|the) (?:monthly|included|free|prepaid|weekly)",
    r"budget has been exceeded",
    r"credits? (?:have been |are |is |has been )?(?:exhausted|depleted|used up)",
    r"(?:purchase|buy|add) (?:more |pre-?paid )?credits",
    r"account is not active, please check your billing|(?:enable|requires?) billing",
    r"billing (?:is |has )?(?:not |been )?(?:enabled|disabled)",
    r"\btop[ -]up|recharge|reached your (?:\w+ ){0,2}usage limit|you.{0,12} hit your usage limit",
    r"usage limit (?:has been )?reached",
)
# Words for a quota that are used for a rate as well: they count only where no pace is named.
_SOFT_QUOTA = _words(
    r"exceeded (?:your|the) (?:current |\w+ )?quota",
    r"quota (?:limit )?(?:has been |was |is )?(?:exceeded|reached|exhausted|used up)",
    r"out of quota|quota_exceeded|allocated quota|exceeded .{0,30}(?:monthly|weekly) (?:limit|quota|usage)",
    r"(?:monthly|weekly) (?:\w+ )?(?:limit|quota|cap)|(?:calls|requests|tokens) ?(?:/|per) ?month",
)
_PACE = _words(
    r"per[ -]?(?:minute|second|hour)|(?:/|a) ?(?:min(?:ute)?|sec(?:ond)?)\b|\b[rt]p[ms]\b|perminute|concurren"
)
_TIER = r"(?:plan|subscription|tier|package)"
_PLAN = _words(
    rf"(?:not|n't) (?:yet )?(?:be )?(?:include[sd]?|available|supported|covered|open)\b.{{0,40}}\b{_TIER}\b",
    rf"\b{_TIER}\b.{{0,40}}(?:not|n't) (?:yet )?(?:include|support|have access|cover|open|allow)",
    r"upgrade (?:your|to) .{0,40}(?:to (?:access|use)|for access)",
    r"requires? (?:a |an )?(?:\w+ )?(?:subscription|paid plan)",
    r"套餐暂未开放|暂未开放",
)
_AUTH = _words(
    r"api[ _-]?(?:key|token) (?:is |was |has )?(?:not valid|invalid|expired|missing|not found|incorrect|disabled)",
    r"(?:invalid|incorrect|wrong|missing|expired|malformed|unknown|no|provide an?|a valid) (?:x-)?api[ _-]?(?:key|tok)",
    r"(?:invalid|missing|expired) (?:authentication|authorization|auth|access|bearer|security|subscription)"
    r" ?(?:token|key|credentials?|header)?\b",
    r"api[ _-]?key has been (?:disabled|revoked|suspended|deleted)",
    r"unauthori[sz]ed|unauthenticated|authentication (?:fails?|failed|failure|error|required|credential)",
    r"not authenticated",
    r"security token included in the request|signature we calculated|unregistered callers",
    r"auth credentials|身份验证|令牌",
    r"token (?:is |has |was |has been |seems )?(?:expired|invalid|incorrect|revoked)|organi[sz]ation has been disabled",
    r"api key was reported as leaked",
    r"could not (?:parse|validate) .{0,30}(?:token|credentials)",
    r"your api key: \S+ is invalid|authenticationerror",
)
_PLACE = r"(?:country|region|location|territory)"
_REGION = _words(
    r"user location is not",
    rf"(?:your|this|current) {_PLACE}\b.{{0,40}}(?:not |unsupported|unavailable|blocked|restrict)",
    rf"{_PLACE}[\w ,]{{0,40}} (?:is |are )?(?:not (?:currently )?supported|unsupported)",
    rf"(?:not|un)\s?(?:currently )?(?:supported|available|allowed|permitted) (?:in|from|for) your {_PLACE}",
    r"unsupported_country|geo-?(?:block|restrict|fenc)",
)
_SAME_SENTENCE = r"(?:[^.\n]|\.(?=\S)){0,120}"
_GONE = _words(
    rf"\b(?:models?|deployment|engine|version)\b{_SAME_SENTENCE}(?:deprecat|decommission|retired|sunset)",
    rf"\b(?:models?|version)\b{_SAME_SENTENCE}(?:end of (?:its |it's )?life|end-of-life|discontinued|shut ?down)",
    rf"\b(?:models?|deployment)\b{_SAME_SENTENCE}no longer (?:available|served|offered|exists)",
    r"模型已下线",
)
_NAME = r"[\"'`“]?[\w./:@+-]{1,160}[\"'`”]?"
_ABSENT = (
    r"(?:(?:was |is |could )?not (?:be )?(?:found|available|accessible|deployed|recogni[sz]ed|loaded)"
    r"|(?:does not|doesn't|do not|not) exist"
    r"|is (?:not a valid|unknown|invalid|not valid|unavailable))"
)
_MODEL = _words(
    r"\b(?:models?|deployment|engine)[\s/:=]+(?!output|return|response)(?:id |name |named |group |`?model`? )?"
    rf"{_NAME},? +{_ABSENT}",
    r"\bmodel[_ ]not[_ ](?:found|exist)|not a valid model|no endpoints? (?:found|available)",
    r"supported (?:api )?model names are",
    r"(?:invalid|unknown|unrecognized|no such|nonexistent|unsupported) (?:model|deployment)\b(?! (?:output|response))",
    r"no (?:allowed|available) providers|could not resolve the foundation model|model identifier is invalid",
    r"on-demand throughput isn|unable to access model|: not found for account|requested model \S+ (?:is not|does not)",
    r"(?:does not|do not|don't) have access to (?:the )?model|not supported for (?:generate|embed|count|predict)",
    r"requested entity was not found|try pulling it first|模型不存在|no models? (?:loaded|matching|found)|^model: \S+$",
    r"deployment for this resource does not exist|not deployed|no (?:model|deployment)s? .{0,40} found",
)
_CONTEXT = _words(
    r"maximum context|context[_ ]length[_ ]exceed|contextwindowexceed",
    r"exceeds? (?:the |its |this |your )?(?:model'?s? )?(?:available |maximum |max )?context",
    r"exceed(?:s|ed)? (?:the )?context",
    r"(?:reduce|shorten) the (?:length|size) of (?:the |your )?(?:messages|prompt|input|either|conversation)",
    r"(?:prompt|input|conversation|messages?)(?: text| is| are| was)* too long|input token count.{0,40}exceed",
    r"too large for model with",
    r"too many (?:\w+ )?(?:tokens|text bytes)|current length is .{0,40}while limit is",
    r"longer than the (?:model|context)",
    r"exceeds? (?:the )?(?:model'?s )?max(?:imum)? (?:allowed )?(?:number of )?(?:input |prompt )?(?:tokens?|length)",
    r"(?:prompt|input) tokens? .{0,40}exceed|input length .{0,40}exceed|exceeds max(?:imum)? length",
    r"maximum (?:prompt|input) length",
    r"increas(?:e|ing) (?:the )?context|context (?:size|window|length) (?:is )?(?:too small|exceeded|overflow)",
    r"greater than the context",
    r"larger than .{0,30}context|max_model_len|`?inputs`? tokens \+ |range of input length|prompt ?超长",
    r"tokens? limit exceeded for model|exceeded model token limit",
    r"must have less than \d+ tokens|keep the first \d+ tokens",
)
_FILTERED = _words(
    r"content[_ ](?:policy|filter|management|moderation)|content management policy|responsible ?ai",
    r"safety (?:system|polic|filter|reason|check)",
    r"moderation|flagged (?:by|for|as)|violat\w+ .{0,60}(?:polic|guideline|terms)|usage polic|usage guideline",
    r"sensitive content|敏感|不安全",
    r"inappropriate content|unsafe content|content exists risk|high risk|guardrail",
    r"blocked (?:by|due to) .{0,30}(?:safety|policy|filter)",
    r"prohibited (?:content|use)|cyber_policy|contentpolicyviolation",
)
_PREFILL = _words(
    r"prefill|conversation must end with a user|last message must (?:be|have)|expected last role user",
    r"(?:partial|assistant) prefix",
    r"not support .{0,20}assistant (?:message|turn|prefix)",
    r"(?:final|last) (?:message|turn) (?:cannot|must not|can't) be .{0,20}assistant",
)
_HISTORY = _words(
    r"encrypted_content|reasoning_content|thinking.{0,10} blocks?|thought_?signature|invalid .{0,4}signature",
    r"of type 'reasoning'",
    r"tool_call_ids?|tool_use.? ids?|tool_result|tool call id|no tool (?:output|call) found|call_id",
    r"must be passed back|followed by tool messages",
)
_TOOLS = _words(
    r"input_schema|function_?declarations|invalid schema for|tools?[.\[]\d|functions?\.\d",
    r"failed to (?:call|parse) (?:a )?(?:function|grammar)",
    r"tools?\b.{0,60}\bschema|function parameters|additionalproperties",
    r"tool (?:names?|types?) .{0,40}(?:invalid|pattern|supported)",
)
_PARAMETER = _words(
    r"(?:unsupported|unrecogni[sz]ed|unknown|unexpected|extra) (?:request )?"
    r"(?:parameter|argument|keyword|field|value|name|inputs?)\b",
    r"(?:parameter|argument|field|`\w+`|'[\w.]+'|\"\w+\").{0,60}(?:not|n't) (?:supported|permitted|allowed|recogni)",
    r"not supported (?:for|by|with|in) (?:this|the|your) model",
    r"not enabled for models?",
    r"does not support (?:the )?(?:parameter|`|'|audio|image|vision|tool|function|video|system)",
    r"deprecated for this model|(?:image|audio|video|file) inputs? (?:is|are) not supported|not supported with",
)
_OVERLOAD = _words(
    r"overload|(?:over|at|exceeded|insufficient|no) capacity|capacity (?:limit|constraint|exceeded)|too busy",
    r"(?:server|engine|service|model) (?:is )?busy",
    r"high (?:demand|traffic|load)|访问量过大|(?:is )?currently loading",
    r"no available (?:model provider|server|worker)|at this time due to load",
)
_RATE = _words(
    r"rate[ -]?limit|too many requests|requests? .{0,20}per (?:minute|second|hour|day)",
    r"tokens? .{0,20}per (?:minute|second|hour|day)",
    r"throttl|limited to \d|slow down|ratelimit|frequency|并发|频率|流量限制",
)
_TIMEOUT = _words(r"timed? ?out|deadline (?:exceeded|expired)|took too long")
_SERVER = _words(
    r"internal (?:server )?error|server (?:had an )?error|bad gateway|service (?:temporarily )?unavailable",
    r"no healthy upstream",
    r"upstream (?:connect )?error|connection error|provider (?:returned|disconnected)|internalservererror",
    r"something went wrong",
)

# The words that are asked, in this order, by status.
_Row = tuple[Kind, Cause | None, re.Pattern[str]]
_CALLER_ROWS: tuple[_Row, ...] = (
    (Kind.AUTH, None, _AUTH),
    (Kind.QUOTA, None, _QUOTA),
    (Kind.REGION, None, _REGION),
    (Kind.CONTEXT_WINDOW, None, _CONTEXT),
    (Kind.MODEL_NOT_FOUND, Cause.GONE, _GONE),
    (Kind.CONTENT_FILTER, None, _FILTERED),
    (Kind.MODEL_NOT_FOUND, None, _MODEL),
    (Kind.BAD_REQUEST, Cause.PREFILL, _PREFILL),
    (Kind.BAD_REQUEST, Cause.HISTORY, _HISTORY),
    (Kind.BAD_REQUEST, Cause.TOOL_SCHEMA, _TOOLS),
    (Kind.BAD_REQUEST, Cause.PARAMETER, _PARAMETER),
)
_FORBIDDEN_ROWS: tuple[_Row, ...] = (
    (Kind.REGION, None, _REGION),
    (Kind.QUOTA, None, _QUOTA),
    (Kind.CONTENT_FILTER, Cause.MODERATION, _FILTERED),
    (Kind.AUTH, None, _AUTH),
)
_BUSY_ROWS: tuple[_Row, ...] = (
    (Kind.QUOTA, Cause.PLAN, _PLAN),
    (Kind.QUOTA, None, _QUOTA),
    (Kind.QUOTA, None, _SOFT_QUOTA),
    (Kind.RATE_LIMIT, None, _RATE),
    (Kind.OVERLOADED, None, _OVERLOAD),
)
_SERVER_ROWS: tuple[_Row, ...] = ((Kind.CONTEXT_WINDOW, None, _CONTEXT), (Kind.OVERLOADED, None, _OVERLOAD))
_UNKNOWN_ROWS: tuple[_Row, ...] = (
    *_CALLER_ROWS[:8],
    *_BUSY_ROWS,
    (Kind.TIMEOUT, None, _TIMEOUT),
    (Kind.SERVER, None, _SERVER),
)
ROWS: dict[int, tuple[_Row, ...]] = {
    401: ((Kind.AUTH, None, _AUTH), (Kind.QUOTA, None, _QUOTA)),
    402: (),
    403: _FORBIDDEN_ROWS,
    404: ((Kind.MODEL_NOT_FOUND, Cause.GONE, _GONE), (Kind.MODEL_NOT_FOUND, None, _MODEL)),
    408: (),
    410: (),
    413: ((Kind.CONTEXT_WINDOW, None, _CONTEXT),),
    429: _BUSY_ROWS,
}

# What a status means when neither a code nor a word says more.
STATUSES: dict[int, Reading] = {
    401: (Kind.AUTH, None),
    402: (Kind.QUOTA, None),
    403: (Kind.PERMISSION, None),
    404: (Kind.BAD_REQUEST, Cause.ADDRESS),
    405: (Kind.BAD_REQUEST, Cause.ADDRESS),
    407: (Kind.CONNECT, Cause.PROXY),
    408: (Kind.TIMEOUT, None),
    409: (Kind.SERVER, None),
    410: (Kind.MODEL_NOT_FOUND, Cause.GONE),
    413: (Kind.TOO_LARGE, None),
    424: (Kind.SERVER, None),
    425: (Kind.SERVER, None),
    429: (Kind.RATE_LIMIT, None),
    434: (Kind.PERMISSION, None),  # Z.AI: no permission for this interface
    435: (Kind.TOO_LARGE, None),  # Z.AI: file above 100 MB
    451: (Kind.REGION, None),
    498: (Kind.OVERLOADED, None),  # Groq: no flex capacity
    501: (Kind.BAD_REQUEST, Cause.PARAMETER),
    503: (Kind.OVERLOADED, None),
    504: (Kind.TIMEOUT, None),
    511: (Kind.MALFORMED, Cause.PAGE),
    524: (Kind.TIMEOUT, None),
    529: (Kind.OVERLOADED, None),
}

# Statuses that no type overrules: a refused key beats the wording of a rate limit, and so does a body too large.
_FIRM = frozenset({401, 402, 403, 407, 413})
_NAME_KEYS = frozenset({"code", "type", "status", "reason", "__type", "error", "errortype", "errorcode", "errcode"})
_NUMBER_KEYS = frozenset(
    {"code", "type", "status", "statuscode", "rawstatuscode", "httpstatus", "httpstatuscode", "errorcode"}
)
_MESSAGE_KEYS = frozenset(
    {"message", "msg", "detail", "error", "errordescription", "errormessage", "statusmsg", "raw", "description"}
)
_BUSINESS_CODE = re.compile(r"1[0-3]\d\d")
_EVENT_RE = re.compile(r"^data:\s*(\{.*)$", re.M)
_TORN_RE = re.compile(r"\"(code|type|status|message)\"\s*:\s*\"((?:[^\"\\\\]|\\\\.){1,1000})\"")
_TITLE_RE = re.compile(r"<(?:title|h1)[^>]{0,200}>\s*([^<]{1,200})", re.I)
_PAGE_RE = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype html|html|head|body)\b", re.I | re.S
)


class Words(Struct, frozen=True, kw_only=True):
    """What an error says, taken out of its shape: typed names and statuses, outer ones first, and prose."""

    names: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    messages: tuple[str, ...] = ()
    business: Reading | None = None  # by a vendor's own numbered code
    business_code: str = ""
    moderated: bool = False  # a moderation verdict is attached
    of_prompt: bool = False  # it was the input that was refused
    of_model: bool = False  # it was the model's name that was refused
    daily: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.messages)[:TEXT_BOUND]


def classify(status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Fault:
    """The meaning of a response that is not an answer. `now` is Unix time, for dates in hints. Never raises,
    whatever `body` holds."""
    text = body.decode("utf-8-sig", errors="replace").strip()
    if _is_page(text, headers):
        return _page_fault(status, headers, text, now)
    payload = _decoded(text)
    if payload is not None and not (status < 300 and not _says_something(payload)):
        return classify_payload(payload, status=status, headers=headers, now=now)
    if status < 300:
        kind = Kind.MALFORMED if text else Kind.EMPTY
        return Fault(kind=kind, detail=_line(text) or "The answer has no body.", status=status)
    return _fault(Words(messages=(text[:TEXT_BOUND],) if text else ()), None, status, headers, now, in_stream=False)


def classify_payload(
    payload: object,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    now: float = 0.0,
    in_stream: bool = False,
) -> Fault:
    """The meaning of decoded JSON that carries an error, in any known shape. `status` is the response's; a status
    below 300, or None, says nothing, and one that the payload names stands in. Never raises."""
    return _fault(_words_of(payload, headers or {}), payload, status, headers or {}, now, in_stream=in_stream)


def _fault(
    words: Words, payload: object, http: int | None, headers: Mapping[str, str], now: float, *, in_stream: bool
) -> Fault:
    known = http if http is not None and http >= 300 else next(iter(words.statuses), None)
    kind, cause = _reading(words, known, in_stream=in_stream or known is None or http != known)
    hint = wait_hint(headers, payload, words.text, now=now)
    if hint is None and "mpagreementbeingcreated" in _normal_names(words):
        hint = 900.0  # AWS: a marketplace agreement takes up to 15 minutes
    return Fault(
        kind=kind,
        cause=cause,
        detail=_detail(words, known),
        status=known if known is not None else http,
        code=_code(words),
        wait_hint=hint,
        spent_for=spent_for(headers, payload, now=now),
        in_stream=in_stream,
        retry=_should_retry(headers),
    )


def _reading(words: Words, known: int | None, *, in_stream: bool) -> Reading:
    reading = words.business or _by_name(words) or _by_status_and_words(words, _twin(words, known), in_stream=in_stream)
    match reading:
        case (Kind.CONTENT_FILTER, None) if words.of_prompt:
            return Kind.CONTENT_FILTER, Cause.MODERATION
        case (Kind.MODEL_NOT_FOUND, None) if _GONE.search(words.text):
            return Kind.MODEL_NOT_FOUND, Cause.GONE
        case _:
            return reading


def _by_name(words: Words) -> Reading | None:
    """By the first typed name that decides alone: as a whole, or its part before the first dot."""
    for name in words.names:
        for form in (_normal(name), _normal(name.split(".")[0])):
            if form in CODES:
                return CODES[form]
    return None


def _twin(words: Words, known: int | None) -> int | None:
    """The status that the error stands for: a type that has one of its own overrules all but a firm status."""
    names = _normal_names(words)
    typed = next((TWINS[name] for name in names if name in TWINS), None)
    if typed is not None and known not in _FIRM:
        return typed
    return known if known is not None else next((GENERIC[name] for name in names if name in GENERIC), None)


def _by_status_and_words(words: Words, status: int | None, *, in_stream: bool) -> Reading:
    if words.moderated and status in (400, 403, None):
        return Kind.CONTENT_FILTER, Cause.MODERATION
    if words.daily and status in (429, None):
        return Kind.QUOTA, Cause.DAILY
    rate = status == 429 and "resourceexhausted" in _normal_names(words)
    soft = not rate and not _PACE.search(words.text)
    for kind, cause, pattern in _rows(status):
        if (soft or pattern is not _SOFT_QUOTA) and pattern.search(words.text):
            return kind, cause
    if status == 404 and words.of_model:
        return Kind.MODEL_NOT_FOUND, None
    return _by_status(status, in_stream=in_stream)


def _rows(status: int | None) -> tuple[_Row, ...]:
    if status is None:
        return _UNKNOWN_ROWS
    if status in ROWS:
        return ROWS[status]
    return _CALLER_ROWS if 400 <= status < 500 and status not in STATUSES else _SERVER_ROWS if status >= 500 else ()


def _by_status(status: int | None, *, in_stream: bool) -> Reading:
    if status in STATUSES:
        return STATUSES[status]
    if status is None or status == 499:  # 499: cancelled, by whom it does not say
        return (Kind.STREAM_ERROR if in_stream else Kind.SERVER), None
    if status >= 500:
        return Kind.SERVER, None
    return Kind.BAD_REQUEST, Cause.ADDRESS if status < 400 else None


def _words_of(payload: object, headers: Mapping[str, str]) -> Words:
    codes = [value for key, value in headers.items() if key.lower() == "x-amzn-errortype"]
    names: list[str] = []
    statuses: list[int] = []
    messages = [payload] if isinstance(payload, str) else []
    fields = list(walk(payload))
    for key, value in fields:
        plain = re.sub(r"[-_]", "", key).lower() if key != "__type" else key
        if plain in _NAME_KEYS and isinstance(value, str) and len(value) <= 120:
            (codes if plain == "code" else names).append(value)
        if plain in _NUMBER_KEYS and (number := _status_number(value)) is not None:
            statuses.append(number)
        if plain in _MESSAGE_KEYS and isinstance(value, str) and opened(value) is value and value.strip():
            messages.append(value[:TEXT_BOUND])
    business, code = _business(payload)
    return Words(
        names=(*codes, *names),
        statuses=tuple(statuses),
        messages=tuple(dict.fromkeys(messages)),
        business=business,
        business_code=code,
        moderated=any(key == "reasons" and value for key, value in fields),
        of_prompt=("param", "prompt") in fields,
        of_model=("param", "model") in fields,
        daily=names_daily_quota(payload),
    )


def _business(payload: object) -> tuple[Reading | None, str]:
    """The reading of a vendor's numbered code, where the shape is that vendor's."""
    outer = _object(payload)
    base = _object(outer.get("base_resp"))
    if code := str(base.get("status_code") or ""):
        return MINIMAX.get(code), code
    error = _object(outer.get("error")) or outer
    code = str(error.get("code") or "")
    if "object" in error or error.get("type") or not _BUSINESS_CODE.fullmatch(code):
        return None, ""
    return ZAI.get(code), code


def _object(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _status_number(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[45]\d\d", value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599:
        return value
    return None


def _normal(name: str) -> str:
    """A typed name without case, punctuation, namespace, URL and the word Exception."""
    return re.sub(r"[^a-z0-9]", "", name.rsplit("#", 1)[-1].split(":")[0].lower()).removesuffix("exception")


def _normal_names(words: Words) -> list[str]:
    return [_normal(name) for name in words.names]


def _code(words: Words) -> str:
    """The typed name to show: one that a table knows, else any that is a name at all."""
    shown = [name for name in words.names if name != "error" and re.fullmatch(r"[\w.#:/-]{1,80}", name)]
    known = (name for name in shown if _normal(name) in CODES or _normal(name) in TWINS)
    number = str(words.statuses[0]) if words.statuses else ""
    name = words.business_code or next(known, None) or next((n for n in shown if not n.isdigit()), number)
    return redact(name.rsplit("#", 1)[-1].split(":")[0])


def _detail(words: Words, status: int | None) -> str:
    lines = [line for line in map(_line, words.messages) if line]
    if not lines:
        return _nothing_said(status)
    more = next((line for line in lines[1:] if line not in lines[0] and len(lines[0]) < 80), "")
    return _line(f"{lines[0].rstrip('.')}: {more}" if more else lines[0])


def _nothing_said(status: int | None) -> str:
    if status is None:
        return "The provider reports an error and gives no reason."
    try:
        name = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        name = str(status)
    return f"The provider answers {name} and gives no reason."


def _line(text: str) -> str:
    """On one line, without secrets, at most DETAIL_BOUND characters."""
    line = redact(" ".join("".join(c if c.isprintable() else " " for c in text[:4000]).split()))
    return line if len(line) <= DETAIL_BOUND else line[: DETAIL_BOUND - 1] + "…"


def _should_retry(headers: Mapping[str, str]) -> bool | None:
    """The word of OpenAI's and Anthropic's servers to their own clients (`x-should-retry`)."""
    said = next((value for name, value in headers.items() if name.lower() == "x-should-retry"), "")
    return {"true": True, "false": False}.get(said.strip().lower())


def _decoded(text: str) -> object | None:
    """The JSON of a body, of the first event in a body that is a stream, or what a torn body still shows."""
    if event := _EVENT_RE.search(text):
        text = event[1]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if text[:1] not in ("{", "["):
            return None
    torn: dict[str, Any] = {}
    for key, value in _TORN_RE.findall(text[:TEXT_BOUND]):
        torn.setdefault(key, value)
    return {"error": torn} if torn else None


def _says_something(payload: object) -> bool:
    """Whether JSON in a 200 is an error at all."""
    items: list[object] = cast("list[object]", payload)[:1] if isinstance(payload, list) else [payload]
    return any(
        bool(_object(item).get("error") or _object(item).get("base_resp") or _object(item).get("detail"))
        or _object(item).get("object") == "error"
        or ("message" in _object(item) and "choices" not in _object(item) and "id" not in _object(item))
        for item in items
    )


def _is_page(text: str, headers: Mapping[str, str]) -> bool:
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    return bool(_PAGE_RE.match(text)) or ("text/html" in content_type.lower() and text.startswith("<"))


def _page_fault(status: int, headers: Mapping[str, str], text: str, now: float) -> Fault:
    """An HTML page comes from something in front of the provider: the status says which fault, never its words."""
    kind, cause = (Kind.MALFORMED, Cause.PAGE) if status < 300 else _by_status(status, in_stream=False)
    if cause is None and kind is not Kind.AUTH:
        cause = Cause.ADDRESS if kind is Kind.BAD_REQUEST else Cause.PAGE
    title = _TITLE_RE.search(text)
    named = f" titled “{_line(title[1])}”" if title and title[1].strip() else ""
    return Fault(
        kind=kind,
        cause=cause,
        detail=_line(f"A web page{named} came where the provider's answer should be."),
        status=status,
        wait_hint=wait_hint(headers, None, "", now=now),
        retry=_should_retry(headers),
    )
