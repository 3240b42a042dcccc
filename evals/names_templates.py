"""Sentences and forms with places for names, for training (`evals/names_corpus.py`). Written for it; no test set's templates.

A place is `{kind}`; PERSON: person, first, last, listed (Last, First), short (F. Last), shout; ORGANIZATION: org; LOCATION: city,
country, region; ADDRESS: street (one line), address (with its town), block (over lines), house. The rest is filled and has no label.
"""

from __future__ import annotations

PROSE = """
{person} joined {org} in {year} after eleven years at {org}.
The committee thanked {person} for her report on the flooding in {city}.
When {first} arrived in {city}, the harbour was already closed.
It was {last} who proposed that the tower be moved stone by stone.
According to {person}, a hydrologist at {org}, the river has changed its course twice.
{person} and {person} married in {city} in the spring of {year}.
In {year} the painter {person} left {country} for good.
Born in {city}, {person} studied law before turning to music.
{last} later said the decision had been a mistake.
The letters between {last} and {last} were published in {year}.
Critics compared {last}'s second novel with the early work of {person}.
{person} ({year}-{year}) was a {nation} botanist who collected ferns.
Nobody had told {first} that the keys were under the mat.
"{first}, you forgot your umbrella," said {first}.
{title} {last} will see you now; please bring the earlier X-rays.
We met {title} {person} and her husband {first} at the station in {city}.
The estate passed to his niece {person}, who sold it to {org}.
At the trial, {person} of {city} testified that he had never met {last}.
The goal by {person} in the 88th minute sent {city} through to the final.
Coach {last} replaced {last} with {person} after the break.
{person} is survived by two sons, {first} and {first}, and a daughter, {person}.
Under {last}, {org} opened branches in {country}, {country} and {country}.
{org} announced that {person} will succeed {person} as head of research.
Minutes taken by {first} {last}; corrections to the undersigned by {date}.
The witness, {person}, lives in {region} and works as a {job}.
{job} {person} said {org} had ignored three warnings.
Only {first} knew where the second copy was kept.
{person} wrote the first draft; {person} and {short} revised it.
Thanks to {first}, {first} and everybody else who tested the beta.
I asked {first} about the invoice, and she says {first} has it.
Has anyone seen {first}? The taxi to {city} leaves at {time}.
my brother {first} works for {org} in {city} now
omg {first} just said yes!!! so happy for you and {first}
watching {person} live tonight, can't wait
lol {first} is asleep again
happy birthday {first} hope you have the best day
just saw {last} score from the halfway line, unreal
RT: {person} is coming to {city} in {month}!
{first} and {first} are the cutest ever
can someone tell {first} to answer his phone
who else thinks {person} should have won that
so proud of my girl {first} today
{person} new album is fire
Patient {listed} was seen in the outpatient clinic on {date}.
{person}, aged {number}, presented with a persistent cough.
The claimant, {title} {last}, injured her wrist while unloading pallets at {org}.
Power of attorney is granted to {person}, residing at {address}.
Between {org}, {address}, and {person}, {address}, the following is agreed.
This lease is made on {date} by {person} (the Landlord) and {person} (the Tenant).
Signed for and on behalf of {org} by its director {person}.
The deed was witnessed by {person} of {address}.
{person} owes {org} the sum of {amount}, due on {date}.
Please forward anything for {first} {last} to {address} until the end of {month}.
Our new office is at {address}; the old one at {street} closes in {month}.
They rent a flat in {street}, close to the university.
The fire started at {street} shortly before midnight.
Deliveries go to the rear entrance, {street}, {city}.
The parade turned from {street} into {street}.
I grew up at {street} in {city}, two doors from the bakery.
Turn left after the church; we are number {house}, the blue door.
Send the samples to {org}, {address}, for the attention of {title} {last}.
She moved from {city}, {country}, to {city} when she was nine.
Trains between {city} and {city} are cancelled until {month}.
{country} and {country} signed the agreement in {city}.
The {region} authorities closed two schools.
Shares of {org} fell after {org} withdrew its offer.
{org} and {org} compete in {country} but not in {country}.
The museum lent three drawings to {org} in {city}.
{org}'s chief economist, {person}, expects rates to fall in {month}.
In the photograph, from left: {person}, {person}, {first} and an unknown man.
The {last} family has owned the mill since {year}.
{last} et al. ({year}) found no such effect, while {last} and {last} ({year}) did.
See also {last} {year}; {last} {year}, pp. 12-19.
Proof. This is Theorem 3 of {last} and {last}.
The {last} lemma implies that the series converges.
As {last} put it, nobody reads the appendix.
Professor {last} teaches thermodynamics; her assistant is {person}.
Judge {last} dismissed the appeal by {org}.
Senator {person} of {region} voted against the bill, as did {last}.
King {first} ruled {country} for only eleven months.
St. {first}'s parish in {city} dates from {year}.
{person} Jr. took over from his father in {year}.
Father {first} buried them both.
{first}'s sister {first} plays the cello; {first} himself plays nothing.
{person}'s lawyer, {person}, declined to comment.
Captain {last} steered the {ship} into {city} on {date}.
His pen name was {person}, but the neighbours called him {first}.
Neither {last} nor {last} attended the vote.
The role of the baker is sung by {person}, with {person} conducting.
Directed by {person}, written by {person} and {person}.
Starring {person}, {person} and {person} as the inspector.
The bridge was designed by the engineer {person} for {org}.
"We did not see it coming," {last} told {org} on {weekday}.
{weekday}: {first} on call. {weekday}: {first} and {first}.
{person} retired; {first} takes over the {city} accounts.
If {first} is ill, ask {person} (room {house}) or {short}.
Welcome {person}, who starts as {job} on {date}!
Our thoughts are with {first}'s family.
Hi {first}, could you send {person} the slides before {weekday}? Thanks, {first}
Dear {title} {last}, thank you for your letter of {date}.
Dear {first} and {first}, the contract is ready. Kind regards, {person}
Hello {first}, I spoke with {first} from {org} yesterday and he agreed.
I am {person} and I look after the archive.
This is {first} from {org}. Is {title} {last} in?
You are speaking with {first}. How can I help?
Call {first} on {phone} or write to {email}.
{first} {last} <{email}> wrote on {date}:
Reach {person} at {email} or {phone}, and {person} at {phone}.
The account in the name of {person} was closed on {date}.
Card {card} belongs to {person}; please block it.
{person} (born {date} in {city}) holds passport {code}.
Payment of {amount} from {person} to {listed} was returned.
The driver was identified as {person}, {number}, of {city}.
""".strip().splitlines()

FORMS = """
Name: {person}
Full name: {person}\\nDate of birth: {date}\\nPlace of birth: {city}
Employee: {listed}\\nManager: {listed}\\nSite: {city}
Surname: {last}\\nGiven names: {first}\\nNationality: {nation}
Author: {person}
Authors: {person}, {person}, {person}
Author: {person} <{email}>
Signed-off-by: {person} <{email}>
Reviewed-by: {person}\\nApproved-by: {person}
From: {person} <{email}>\\nTo: {person} <{email}>\\nSubject: {subject}
From: {listed}\\nTo: {listed}; {listed}\\nCc: {person}\\nSubject: {subject}
Attendees: {person}, {person}, {first}, {short}
Present: {title} {last}, {title} {last}, {person} (chair)\\nApologies: {person}
Contact: {person}, {phone}
Owner: {person}\\nStatus: open\\nPriority: high
Prepared by {person}\\nChecked by {person}\\n{date}
| {person} | {job} | {city} |
| {listed} | {number} | {email} |
| Name | Role | Office |\\n| {person} | {job} | {city} |\\n| {person} | {job} | {city} |
{person}\\t{phone}\\t{email}
{listed}\\t{city}\\t{amount}
{last},{first},{email},{phone}
"{listed}","{street}","{city}"
{number}. {person}, {org}, {city}
{number}. {last}, {first} ({org})
- {person} ({org})
- {first} to ask {first} about the {thing}
* {person}: finish the {thing} by {weekday}
TODO({first}): remove this after the release
# author: {person}, {year}
/* Copyright (c) {year} {person}. All rights reserved. */
Copyright {year} {org}
@author {person}
"customer": {{"name": "{person}", "city": "{city}"}}
name = "{person}"
<name>{person}</name><street>{street}</street>
Ship to:\\n{person}\\n{block}
{person}\\n{job}\\n{org}\\n{block}\\n{phone}
{org}\\n{block}
Bill to: {org}\\nAttn: {person}\\n{block}
Address: {address}
Delivery address: {address}
Street: {street}\\nTown: {city}\\nCountry: {country}
Residence: {street}, {city}
Regards,\\n{person}\\n{job}, {org}
Best,\\n{first}
Yours sincerely,\\n\\n{title} {person}
Thanks!\\n{first} {last}
-- \\n{person}\\n{org} | {street} | {city}
Interviewer: {person}\\nCandidate: {person}\\nPosition: {job}
Passenger {last}/{first} {title}\\n{city} - {city}
Beneficiary: {person}\\nIBAN: {code}\\nAmount: {amount}
{shout}
{shout} v. {shout}
CASE OF {shout} v. {country}
In re {org}
{person}, Plaintiff, v. {org}, Defendant.
by {person} and {person}
By {person}, {org}
{short}, {short} and {short}. {subject}. {year}.
{last} {initial}, {last} {initial}, {last} {initial}. {subject}. {year};{number}:{number}-{number}.
[{number}] {short}, "{subject}," {org}, {year}.
{person}1, {person}2 and {person}1,2
1 {org}, {city}, {country}
{org}, {street}, {city}, {country}
Editor: {person} | Photos: {person}
Speaker: {person} ({org})
{time} {first}: are we still on for {weekday}?\\n{time} {first}: yes
[{time}] {person}: the build is green again
Q: Who signs for {org}? A: {person}.
""".strip().splitlines()

NOTHING = """
The {thing} must be restarted after each change of its configuration.
How many days of leave are left from last year?
Click Save, then choose Export from the File menu.
Please enter the number of your {thing} and press OK.
{product} {version} adds support for {product} and removes the old {thing}.
Install {product} with `pip install {package}` and run the tests.
Run `{package} --help` to see every option.
The {product} API returns 404 when the {thing} is unknown.
{product} and {product} talk over TLS; see RFC {number} for the details.
We moved from {product} to {product} because of its licence.
class {Camel}({Camel}): pass
def {snake}(self, {snake}: str) -> None:
import {package}; from {package} import {Camel}
export {SHOUT}=1 && ./{snake}.sh
kubectl get pods -n {package} -o yaml
Set `{SHOUT}` to `true` to enable the {thing}.
Error: {Camel}: {snake} is not defined at line {number}
## Getting Started
## Release Notes {version}
Table {number}: Results by Quarter
Figure {number}. The {thing} before and after cleaning.
Chapter {number}: Terms and Conditions
Frequently Asked Questions
Annual General Meeting, {weekday}, {date}
GENERAL TERMS AND CONDITIONS OF SALE
NOTICE OF ANNUAL MEETING
The Borrower shall notify the Lender within {number} business days.
"Agreement" means this Agreement together with its Schedules.
The Company, the Executive and the Trustee agree as follows.
The Buyer pays the Seller {amount} on {date}.
Sales rose by {number} percent in {month}, and costs fell by {number} percent.
Each Participant may withdraw at any time until {date}.
Employee Handbook, Section {number}: Travel and Expenses
Take one tablet twice a day with food, for {number} days.
Diabetes, Asthma and Hypertension are chronic conditions.
The patient has no known allergies; Amoxicillin was given for five days.
Parkinson's disease and Alzheimer's disease affect older people more often.
What causes Crohn's disease, and is it inherited?
Mix the flour with two eggs, then add the milk slowly.
i really need coffee before this meeting
why is it always raining when i leave the house
good night everyone, sleep well
this is the best day ever lol
can't believe it's {weekday} already
Happy New Year! Merry Christmas! Good luck!
Thank you for your patience. We will reply within {number} days.
Your order {code} was shipped on {date}.
Ticket {code} was closed. Reason: duplicate.
The {nation} wine list has {number} entries; the {nation} one has more.
The {weekday} edition sold out before noon in {month}.
Mac users press Command, Windows users press Control.
The mark on the bill was faint, but the grant will be paid in full.
We frank our mail, pat the dog, and rob nobody.
The rose faded; the lily and the iris did not.
He may march in august if the drew of the lot is fair.
Table of Contents
Yes
N/A
Total: {amount}
| Id | Status | Due |\\n| {number} | open | {date} |\\n| {number} | done | {date} |
status: active\\nretries: {number}\\ntimeout: {number}s
GET /{package}/{snake}/{number} HTTP/1.1
{date} {time} INFO {package}.{snake}: started in {number} ms
- [ ] Update the {thing}\\n- [x] Remove the {thing}
> quoted text, nothing more
Version {version} ({date}): Fixed, Changed, Deprecated
SELECT {snake} FROM {snake} WHERE {snake} = {number};
""".strip().splitlines()

PRODUCTS = """
Kubernetes Docker Python Java Rust Linux Windows Postgres PostgreSQL Redis Kafka Spark Django Flask Apache Jenkins Terraform Ansible Grafana
Prometheus Jira Confluence Slack Outlook Excel Word Photoshop Android iOS Firefox Chrome Safari Elasticsearch Qdrant Prefect Airflow GitHub
GitLab Envoy Istio Knative Helm Argo Celery Pandas NumPy PyTorch TensorFlow Ruby Rails Perl Julia Scala Kotlin Swift Haskell Erlang Elixir Ada
Pascal Cassandra Oracle Hadoop Hive Maven Gradle Ant Tomcat Jetty Nginx Caddy Vault Consul Nomad Packer Vagrant Ubuntu Debian Fedora
""".split()
THINGS = """
server printer contract invoice ticket cluster database schedule report budget pump valve form template certificate queue worker index backup
proposal survey checklist roadmap deployment gateway controller agenda warranty meter boiler dataset notebook firewall scheduler
""".split()
SUBJECTS = (
    """
Minutes of the last meeting|Re: Invoice overdue|Quarterly figures|On the stability of sloping ground|A survey of graph indexes|Your booking
Effects of sleep on recall|Fwd: Contract draft|Early frost and the vintage|Notes on cellular automata|Parking permits|Sedation in dental care
""".strip()
    .replace("\n", "|")
    .split("|")
)
NATIONS = "French German Dutch Polish Turkish Kenyan Brazilian Indian Chinese Mexican Swedish Greek Irish Welsh Danish Czech Thai".split()
SHIPS = "Aurora|Good Hope|Morning Star|Endeavour|Northern Light".split("|")
CODES = "A-{n}|INV-{n}|{n}-B|X{n}Y|SR{n}".split("|")
