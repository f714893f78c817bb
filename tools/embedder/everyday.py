"""Everyday wording, written for this table: what people ask a support desk.

The documentation that may be used freely is written by engineers. Customers
write about orders, money, devices and their health, so questions are put
together here from parts. They give the table the teacher's sense of such words.
"""

import random

# What somebody wants to do, and how a manual says it.
ACTS = [line.split(" | ") for line in """
cancel my subscription | end a membership before its renewal date
pause my membership for a month | suspend a plan temporarily
get my money back | receive a refund to the original payment method
return shoes that do not fit | send an item back within the return period
exchange a shirt for a bigger size | swap a product for another size or colour
track my parcel | follow a shipment with its tracking number
change the delivery address | update where an order is shipped
pick up my order in the shop | collect a purchase at a store
pay with a different card | replace the payment method on file
pay by bank transfer | settle an invoice by wire
download an invoice | obtain a receipt as a PDF
get a receipt for my taxes | obtain proof of purchase
use a discount code | redeem a voucher at checkout
buy a gift card | purchase a voucher for somebody else
reset my password | choose a new password by e-mail link
sign in without my phone | log in with a backup code
turn on two-factor authentication | require a second step when signing in
change my e-mail address | update the address of the account
delete my account | erase a profile and its personal data
see which data you keep about me | request a copy of personal information
unsubscribe from the newsletter | stop receiving marketing messages
invite a colleague | add a member to the team
remove somebody from my team | revoke a person's access
make another person the owner | transfer ownership of a workspace
upgrade to a bigger plan | move to a subscription with higher limits
downgrade to the free plan | switch to a cheaper tariff
share a folder with a friend | give another person access to files
restore a deleted file | recover a document from the trash
back up my photos | keep a second copy of pictures
free up storage space | reduce how much disk is used
move my data to a new phone | transfer contents to another device
print from my tablet | send a page to a printer
scan a document | digitise a sheet of paper
connect the speaker to my laptop | pair a Bluetooth device
connect to the wifi at work | join a wireless network
update the app | install the newest version
reinstall the program | remove and set up the software again
turn off notifications | silence alerts
change the language | set the display to another language
make the text bigger | increase the font size
set up a new printer | install a printing device
charge the battery faster | shorten the charging time
replace the battery | install a new accumulator
clean the filter | wash the dust filter of the machine
descale the coffee machine | remove limescale from the brewer
reset the device to factory settings | erase all settings of the appliance
find the serial number | locate the identification number on the label
claim the warranty | have a defect repaired free of charge
book an appointment | reserve a time with an adviser
reschedule my appointment | move a booking to another day
cancel a hotel booking | call off a reservation of a room
change the name on my ticket | correct a passenger's name
check in online | obtain a boarding pass before departure
bring a pet on the train | travel with an animal
claim lost luggage | report baggage that did not arrive
renew my passport | obtain a new travel document
report a stolen card | block a bank card after theft
dispute a charge | contest a payment on the statement
raise my credit limit | increase the amount that may be borrowed
open a savings account | start an interest-bearing account
split the bill with friends | divide the cost of a meal
report an accident to the insurance | file a claim after damage
see a doctor | consult a physician
get my test results | receive a laboratory report
get a vaccine | be immunised at a clinic
get a prescription refilled | obtain more medicine from the pharmacy
lower a fever | treat a high body temperature
treat a sore throat | relieve pain when swallowing
stop a nosebleed | stanch bleeding from the nose
wash my hands properly | clean hands with soap and water
clean a wound | disinfect an injury
protect older people from infection | shield vulnerable persons from disease
stay at home when I am ill | isolate during sickness
work from home | do a job remotely
apply for sick leave | report absence because of illness
ask for parental leave | take time off after a birth
apply for a job | send an application for a position
register my child for school | enrol a pupil
move to a new flat | change the place of residence
cancel the electricity contract | end the supply of power
read the meter | note the consumption of energy
complain about noise | report a disturbance by neighbours
report a bug | tell the developers about a defect
talk to a human | reach an agent on the phone
leave a review | rate a product publicly
export my contacts | save the address book to a file
import a spreadsheet | load a table of data
merge two accounts | combine duplicate profiles
block a sender | stop messages from a person
recover a hacked account | regain control after a break-in
check whether the service is down | look at the status of the system
watch without an internet connection | play downloads offline
record a meeting | keep a video of a conference
mute my microphone | turn off sound input during a call
schedule a message | send a text at a later time
sort my mail into folders | file incoming messages by rule
""".strip().splitlines()]

ASK = [
    "How do I {}?", "How can I {}?", "Can I {}?", "Is it possible to {}?", "Where can I {}?", "I want to {}",
    "I cannot {}", "What do I need to {}?", "How long does it take to {}?", "What does it cost to {}?",
    "Who can help me to {}?", "Why can't I {}?", "Should I {}?", "I tried to {} but it did not work",
]
TELL = [
    "To {plain}, open your account and follow the steps. This is how to {formal}.",
    "If you want to {formal}, please contact us and have your details ready.",
    "You can {formal} at any time; it usually takes one or two days.",
    "It is not possible to {formal} once the order has been completed.",
    "Customers who wish to {formal} find the form in the settings.",
]

THINGS = """account|password|order|parcel|refund|invoice|payment|credit card|subscription|discount code|app|website|phone|laptop|tablet|
screen|camera|battery|charger|printer|router|wifi|internet connection|speaker|headphones|keyboard|mouse|television|remote control|
washing machine|dishwasher|fridge|oven|coffee machine|vacuum cleaner|heating|lamp|lock|alarm|car|bicycle|train ticket|flight|
hotel room|booking|appointment|prescription|medicine|test result|vaccine|insurance|contract|bill|bank transfer|salary|tax form|
passport|driving licence|e-mail|attachment|newsletter|message|notification|calendar|meeting|video call|backup|file|folder|photo|
document|spreadsheet|report|download|update|licence key|server|database|login|verification code|profile picture|language setting|
delivery|shop|gift card|warranty|repair|spare part|manual|chair|table|mattress|shoes|jacket|shirt""".replace("\n", "").split("|")
TROUBLE = [
    "My {} does not work any more", "Where is my {}?", "The {} is broken", "I have lost my {}", "My {} has not arrived",
    "What is wrong with the {}?", "The {} is very slow", "How much is the {}?", "I need a new {}", "I did not get the {}",
    "Who is responsible for the {}?", "The {} was wrong", "How old may the {} be?", "Is the {} safe?", "My {} was stolen",
    "Why was my {} rejected?", "When will the {} be ready?", "The {} shows an error", "Can I have two of the {}?", "What happens to my {}?",
]


def pairs(rng: random.Random, most: int) -> list[tuple[str, str]]:
    """Question and passage; the passage is "" where a question stands alone."""
    out = []
    for plain, formal in ACTS:
        for ask in rng.sample(ASK, 6):
            out.append((ask.format(plain), rng.choice(TELL).format(plain=plain, formal=formal)))
    for thing in THINGS:
        out += [(t.format(thing), "") for t in rng.sample(TROUBLE, 10)]
    rng.shuffle(out)
    return out[:most]
