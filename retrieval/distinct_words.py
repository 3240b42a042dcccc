"""The closed classes of words behind `distinct.py`: what a question may say in several ways without asking anything else.

English alone. A word that stands in none of them counts as it is written, so a question in another language has the guard of its
own words. Whatever tells one question from another must stay out of here: words of negation, number, time, place and direction.
"""

from __future__ import annotations

NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
            *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
        )
    )
} | {word: str(10 * tens) for tens, word in enumerate(("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 3)}

ORDINALS = {
    word: f"{number}."
    for number, word in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), start=1
    )
}

MONTHS = {
    "jan": "january", "feb": "february", "mar": "march", "apr": "april", "jun": "june", "jul": "july", "aug": "august",
    "sep": "september", "sept": "september", "oct": "october", "nov": "november", "dec": "december",
    "mon": "monday", "tue": "tuesday", "tues": "tuesday", "wed": "wednesday", "thu": "thursday", "thurs": "thursday",
    "fri": "friday",
}  # fmt: skip

SHORT = (
    (r"\bwon['’]t\b", "will not"),
    (r"\bcan['’]t\b|\bcannot\b", "can not"),
    (r"\bshan['’]t\b", "shall not"),
    (r"n['’]t\b", " not"),
    (r"\b(what|who|where|when|how|why|that|there|it|he|she|here)['’]s\b", r"\1 is"),
    (r"['’]re\b", " are"),
    (r"['’]ll\b", " will"),
    (r"['’]ve\b", " have"),
    (r"\bi['’]m\b", "i am"),
    (r"\bi['’]d\b", "i would"),
    (r"['’]s?(?=\s|$|[?.,;:!])", ""),
    (r"(?<=\d)[ ,](?=\d{3}\b)", ""),
    (r"\bper ?cent\b|(?<=\d) ?%", " % "),
)
"""What is written together or apart: patterns and what they stand for. The last ones: possessives, thousands, percent."""

COURTESY = (
    r"(?:hi|hello|hey|dear all|good morning)(?: there)?\b",
    r"(?:please|kindly|quick question|question|one question|sorry|excuse me)\b",
    r"(?:can|could|would|will) (?:you|someone|somebody|anyone|anybody)(?: please| kindly)?"
    r" (?:tell|show|explain to|inform|remind|let) (?:me|us)(?: know)?\b",
    r"(?:i|we)(?: would|)(?: really|just|)(?: also|) (?:like|love|want|need|wish|have|am trying|are trying|try) to"
    r" (?:know|learn|understand|find out|ask|check|be told)\b",
    r"(?:i|we) (?:am|are|was|were)(?: just|) (?:wondering|curious|asking|not sure|unsure)(?: about)?\b",
    r"i wonder\b",
    r"(?:do|would) you(?: happen to| by any chance)? know\b",
    r"does (?:anyone|anybody|somebody|someone) know\b",
    r"(?:does )?(?:anyone|anybody) (?:know|knows)\b",
    r"(?:please )?(?:tell|remind) (?:me|us)\b",
    r"let (?:me|us) know\b",
    r"(?:any|have you any|do you have any) idea\b",
    r"(?:is it possible|would it be possible|may i ask you) to (?:tell|know)(?: me| us)?\b",
    r"may i (?:ask|know)\b",
)
"""What may stand before a question, each again and again."""

FAREWELL = r"(?<!\w)(?:please|thanks|thank you|many thanks|thx|by the way|exactly|actually|again)$"

KINDS = (
    ("duration", r"(?:for )?how long|(?:for )?how much time|what is the (?:duration|length of time)(?: of| for)?"),
    ("often", r"how often|how frequently|how regularly|at (?:what|which) intervals?|with (?:what|which) frequency"),
    ("count", r"how many|(?:what|which) (?:is the |are the |)number of|what is the total number of"),
    ("when", r"(?:on )?(?:what|which) (?:is the )?date(?: of| for)?|when"),
    ("time", r"(?:at |)(?:what|which) (?:time|hour)"),
    ("where", r"(?:in |at )?(?:what|which) (?:place|location)|what is the location of|where"),
    ("who", r"(?:what|which) (?:person|people|individual)|who is it that|whom|who"),
    ("whose", r"whose"),
    ("why", r"for (?:what|which) reasons?|what (?:is|are) the reasons? (?:for|why|that|behind)|what is the reason|how come|why"),
    (
        "manner",
        r"what (?:is|are) the (?:best |right |correct |proper |usual |)(?:way|ways|procedure|process|method|steps)"
        r" (?:to|for|of|by which)(?: me| us| you|)"
        r"|(?:what|which) steps (?:do|must|should|can|would) (?:i|we|you|one) (?:need to |have to |)(?:take|follow) to"
        r"|in (?:what|which) way|how (?:do|can|could|should|would|might|may|must|am|are) (?:i|we|you|one|people)"
        r"(?: able to| supposed to| go about)?|how to|how does one|how is it possible to",
    ),
    ("how", r"how"),
    (
        "permitted",
        r"(?:can|may|could|might) (?:i|we|you|one)|(?:am i|are we|are you|is one) (?:allowed|permitted|able|free) to"
        r"|is it (?:ok|okay|allowed|permitted|possible|acceptable|permissible) (?:for (?:me|us|you|one) |)(?:to|if (?:i|we))"
        r"|(?:do|would) (?:i|we) have permission to",
    ),
    (
        "must",
        r"(?:do|would) (?:i|we|you|one) (?:need|have|got) to|must (?:i|we|you|one)"
        r"|(?:am i|are we|are you) (?:required|obliged) to"
        r"|is it (?:necessary|mandatory|required|obligatory|compulsory) (?:for (?:me|us|you|one) |)(?:to|that (?:i|we))",
    ),
    ("should", r"should (?:i|we|you|one)|(?:am i|are we) supposed to|is it (?:advisable|recommended) to|ought (?:i|we) to"),
    ("what", r"(?:what|which) exactly|what|which|define|describe|explain|tell (?:me|us) about"),
    ("whether", r"^(?:is|are|am|do|does|has|have|if|whether)"),
)
"""What is asked for, by the words that ask for it; what stands first in a question is its kind, of two the first here."""

PHRASES = (
    (r"\b(?:need|needs|needed|have|has|required|obliged) to\b", "must"),
    (r"\b(?:allowed|permitted|able) to\b", "can"),
    (r"\b(?:log|sign)(?:ging|ning)? ?-?in\b|\blogon\b|\blog on\b", "login"),
    (r"\b(?:log|sign)(?:ging|ning)? ?-?(?:out|off)\b", "logout"),
    (r"\bset(?:ting)? ?-?up\b", "setup"),
    (r"\be-?mails?\b", "mail"),
    (r"\bin order to\b|\bso as to\b", "to"),
    (r"\bwith (?:regard|respect) to\b|\bin regard to\b|\bwhen it comes to\b|\bin relation to\b|\bin terms of\b", ""),
    (r"\bsick days?\b", "sick leave"),
    (r"\b(?:annual|vacation|holiday) (?:leave|days?)\b|\bdays? off\b|\bpaid time off\b", "vacation"),
    (r"\bhome ?-?office\b|\b(?:work|working) (?:from home|remotely)\b|\bremote work(?:ing)?\b|\btelework(?:ing)?\b", "homework_"),
    (r"\bpay ?-?slips?\b|\bpay ?-?stubs?\b", "payslip"),
    (r"\bphone number\b|\btelephone number\b", "phone number"),
    (r"\bget rid of\b", "remove"),
    (r"\bcarry out\b", "perform"),
    (r"\bhand in\b|\bturn in\b", "submit"),
    (r"\bfill (?:in|out)\b", "complete"),
    (r"\bget in touch with\b", "contact"),
    (r"\btake place\b|\btakes place\b", "happen"),
)
"""Several words for one; `homework_` is none of anybody's."""

SAME = (
    ("vacation", "vacations", "holiday", "holidays"),
    ("employee", "employees", "staff"),
    ("remove", "delete", "erase"),
    ("buy", "purchase", "acquire"),
    ("begin", "start", "commence"),
    ("begins", "starts", "commences"),
    ("end", "finish", "conclude"),
    ("ends", "finishes", "concludes"),
    ("fix", "repair", "mend"),
    ("modify", "change", "alter"),
    ("get", "obtain", "receive"),
    ("choose", "select", "pick"),
    ("keep", "retain", "store", "stored", "retained", "kept", "preserve", "preserved"),
    ("need", "require", "needed", "required"),
    ("ask", "request"),
    ("submit", "send", "file"),
    ("cost", "costs", "price", "prices"),
    ("mistake", "error", "fault"),
    ("rule", "rules", "regulation", "regulations"),
    ("colleague", "colleagues", "coworker", "coworkers", "co-worker", "co-workers"),
    ("allowed", "permitted"),
    ("maximum", "max"),
    ("minimum", "min"),
    ("information", "info", "details"),
    ("picture", "image", "photo"),
    ("phone", "telephone"),
    ("car", "automobile"),
    ("illness", "disease", "sickness"),
    ("physician", "doctor"),
    ("big", "large"),
    ("fast", "quick", "quickly"),
    ("assist", "help"),
    ("happen", "occur"),
    ("happens", "occurs"),
    ("notify", "inform"),
    ("firm", "company"),
    ("configure", "setup"),
    ("quit", "resign"),
    ("enable", "activate"),
    ("disable", "deactivate"),
    ("create", "make"),
    ("created", "made"),
    ("use", "utilize", "utilise"),
    ("authorize", "authorise", "approve"),
    ("authorized", "authorised", "approved"),
    ("organization", "organisation"),
    ("color", "colour"),
    ("center", "centre"),
    ("license", "licence"),
    ("annually", "yearly"),
)
"""Words of one meaning in a question of daily work: of each row the first stands for all."""

NO_PLURALS = frozenset(
    (
        *("news", "goods", "customs", "arms", "means", "premises", "savings", "series", "species", "hours", "earnings", "shares"),
        *("glasses", "minutes", "damages", "funds", "securities", "contents", "grounds", "papers", "works", "jeans", "does"),
        *(
            "https",
            "dns",
            "sms",
            "gps",
            "tls",
            "aws",
            "lens",
            "windows",
            "teams",
            "sales",
            "operations",
            "communications",
            "systems",
        ),
    )
)
"""Words that mean something else without their s."""

EMPTY = frozenset(
    (
        *("a", "an", "the", "of", "for", "in", "on", "at", "about", "regarding", "concerning", "there", "that"),
        *(
            "is",
            "are",
            "am",
            "be",
            "been",
            "being",
            "do",
            "does",
            "doing",
            "have",
            "has",
            "i",
            "we",
            "you",
            "me",
            "us",
            "my",
            "our",
        ),
        *("please", "kindly", "exactly", "actually", "precisely", "any", "myself", "ourselves"),
    )
)
"""Words of grammar and courtesy alone."""

PAST = {"was": "was", "were": "was", "did": "was", "had": "was"}
"""Whether something was or is may be the whole question."""

VOICED = frozenset(("duration", "often", "when", "time", "where", "why", "manner", "how"))
"""Kinds of which `are records kept` asks what `do we keep records` asks. `who pays` and `who is paid` are two."""
PARTICIPLES = {
    "kept": "keep", "paid": "pay", "sent": "send", "held": "hold", "given": "give", "taken": "take", "made": "make",
    "written": "write", "built": "build", "chosen": "choose", "found": "find", "sold": "sell", "bought": "buy",
    "stored": "keep", "retained": "keep", "saved": "save", "used": "use", "deleted": "remove", "removed": "remove",
    "erased": "remove", "changed": "modify", "modified": "modify", "reported": "report", "calculated": "calculate",
    "approved": "authorize", "booked": "book", "cancelled": "cancel", "canceled": "cancel", "submitted": "submit",
    "processed": "process", "tested": "test", "installed": "install", "updated": "update", "reviewed": "review",
    "archived": "archive", "renewed": "renew", "requested": "ask", "ordered": "order", "cleaned": "clean",
    "measured": "measure", "reset": "reset", "replaced": "replace", "returned": "return", "recorded": "record",
    "encrypted": "encrypt", "shipped": "ship", "treated": "treat", "diagnosed": "diagnose", "prevented": "prevent",
    "repaired": "fix", "fixed": "fix", "reimbursed": "reimburse", "activated": "enable", "enabled": "enable",
    "disabled": "disable", "configured": "configure", "performed": "perform", "completed": "complete",
}  # fmt: skip
"""`are records kept` asks what `do we keep records` asks: the verb at the end, as it stands at the front."""
