"""What the planner knows of emergencies: where they are likely, what they mean, and what to do."""

from __future__ import annotations

from typing import NamedTuple

LEVELS = ("low", "moderate", "high")


class Hazard(NamedTuple):
    """One kind of emergency."""

    high: str
    """States where it is likely."""
    moderate: str
    """States where it is less likely; in all others it seldom comes."""
    impact: str
    reasons: tuple[str, str, str]
    """Why, where its likelihood is low, moderate, high."""
    concerns: tuple[str, ...]
    before: tuple[str, ...]
    during: tuple[str, ...]
    after: tuple[str, ...]

    def likelihood(self, state: str) -> str:
        """For a state by its two letters."""
        return LEVELS[2] if state in self.high.split() else LEVELS[1] if state in self.moderate.split() else LEVELS[0]


HAZARDS: dict[str, Hazard] = {
    "earthquake": Hazard(
        high="CA AK WA OR NV UT HI PR",
        moderate="ID MT WY TN MO AR SC KY IL OK",
        impact="severe",
        reasons=(
            "Strong earthquakes are rare around {place}, but buildings there are seldom made for them.",
            "Strong earthquakes have happened in the region of {place} and can happen again, without any warning.",
            "Active faults run near {place}: a strong earthquake has to be expected, and it comes without warning.",
        ),
        concerns=(
            "Furniture, televisions and water heaters that tip over",
            "Broken gas and water lines in the house",
            "Aftershocks for days, and roads that are closed",
            "Family members who are in different places when it happens",
        ),
        before=(
            "Fasten tall furniture, televisions and the water heater to the wall.",
            "Learn where the gas and water valves are, and hang the wrench beside them.",
            "Choose a sturdy table in every room to shelter under, and practise twice a year.",
            "Put shoes and a flashlight beside every bed.",
        ),
        during=(
            "Drop to your knees, cover your head and neck, and hold on until the shaking stops.",
            "Stay inside, away from windows and from whatever can fall.",
            "Pull over and stop if you are driving, away from bridges and power lines.",
        ),
        after=(
            "Check everybody for injuries, and call 911 only where a life is in danger.",
            "Put on sturdy shoes and gloves before you walk through broken glass.",
            "Shut off the gas if you smell it or hear it hiss, and leave the house.",
            "Expect aftershocks, and keep away from damaged walls and chimneys.",
        ),
    ),
    "wildfire": Hazard(
        high="CA OR WA CO AZ NM ID MT NV UT TX WY AK",
        moderate="OK KS FL GA NC SC SD ND NE HI",
        impact="severe",
        reasons=(
            "Large wildfires are rare around {place}, yet smoke from far away can still make the air unhealthy.",
            "Dry and windy weeks let brush fires spread around {place} in some years, and smoke reaches further.",
            "Dry summers, wind and brush make wildfires likely around {place}, with little time to leave.",
        ),
        concerns=(
            "Minutes to leave when the wind turns",
            "Smoke that harms children, older people and anybody with asthma",
            "Roads full of cars that all leave at once",
            "Dry leaves in gutters and brush beside the house",
        ),
        before=(
            "Clear leaves and brush away from the house, the roof and the gutters.",
            "Agree on two ways out of the neighbourhood and on a place to meet outside of it.",
            "Pack what you cannot replace into one bag that stands beside the door.",
            "Sign up for the alerts of your county.",
        ),
        during=(
            "Leave at once when you are told to, and earlier if you feel unsafe.",
            "Close all windows and doors, and turn the lights on so that the house can be seen in smoke.",
            "Wear masks and goggles outside, and long clothes of cotton or wool.",
        ),
        after=(
            "Return only when the authorities say that it is safe.",
            "Look for embers on the roof and in the garden for two days.",
            "Wear masks and gloves when you clean up ash, and wet it first.",
        ),
    ),
    "flood": Hazard(
        high="LA FL TX NC SC MS AL NJ WV KY MO IA VA PR",
        moderate="CA NY PA OH IN IL TN GA AR OK KS NE WA OR VT CT MA MD DE ND MN WI HI",
        impact="serious",
        reasons=(
            "Floods are rare around {place}, but a cloudburst can fill streets and cellars anywhere.",
            "Heavy rain floods rivers and streets around {place} in some years, sometimes within hours.",
            "Rivers, storms and heavy rain flood parts of {place} again and again, often within hours.",
        ),
        concerns=(
            "Water in the street that is deeper and faster than it looks",
            "Electricity in rooms that are under water",
            "Tap water that is not safe to drink afterwards",
        ),
        before=(
            "Find out whether your home lies in a flood zone, and which way leads uphill.",
            "Store documents, medicine and batteries above the ground floor.",
            "Ask your insurer whether floods are covered; usually they are not.",
        ),
        during=(
            "Move to higher ground as soon as a warning comes, and do not wait for the water.",
            "Never walk or drive through moving water.",
            "Switch off the electricity if water may reach it and you can do so with dry feet.",
        ),
        after=(
            "Return only when the authorities say that it is safe.",
            "Throw away food that the water has touched, and boil tap water until it is declared safe.",
            "Take pictures of the damage before you clean up, and wear boots and gloves.",
        ),
    ),
    "hurricane": Hazard(
        high="FL LA TX NC SC MS AL GA PR HI",
        moderate="VA MD DE NJ NY CT RI MA NH ME",
        impact="severe",
        reasons=(
            "Hurricanes seldom reach {place}, but what is left of one can still bring wind and heavy rain.",
            "Hurricanes come near {place} in some years between June and November, and are forecast days ahead.",
            "Hurricanes reach the region of {place} every few years between June and November, forecast days ahead.",
        ),
        concerns=(
            "Storm surge and flooded roads on the way out",
            "Windows and roofs that the wind breaks",
            "Weeks without electricity",
        ),
        before=(
            "Learn your evacuation zone, and decide where you would go.",
            "Board up windows and bring in everything that can fly.",
            "Fill the car and charge all devices as soon as a watch is given out.",
        ),
        during=(
            "Leave when the order comes, early and by the marked routes.",
            "Stay in an inner room without windows if you remain.",
            "Stay inside while the eye passes, because the wind returns from the other side.",
        ),
        after=(
            "Keep away from fallen power lines and from standing water.",
            "Run generators and grills outside only, far from windows.",
            "Cover a broken roof with the tarpaulin once the wind is down.",
        ),
    ),
    "tornado": Hazard(
        high="OK KS TX NE IA MO AR AL MS TN KY IL IN LA GA SD",
        moderate="FL OH MI WI MN ND CO SC NC VA PA",
        impact="severe",
        reasons=(
            "Tornadoes are rare around {place}, yet a strong thunderstorm can bring one almost anywhere.",
            "Thunderstorms around {place} bring tornadoes in some years, with a warning of minutes.",
            "{place} lies where tornadoes strike almost every spring, with a warning of minutes.",
        ),
        concerns=(
            "Minutes between the warning and the storm",
            "Flying glass and wood",
            "Warnings at night, when everybody is asleep",
        ),
        before=(
            "Choose the room to shelter in: a cellar, or an inner room on the lowest floor.",
            "Practise the way there with everybody until it takes less than a minute.",
            "Keep helmets, shoes and the radio in that room.",
        ),
        during=(
            "Go to the shelter at once, and stay away from windows.",
            "Put on helmets, and cover yourselves with blankets or a mattress.",
            "Leave a mobile home or a car for the nearest sturdy building.",
        ),
        after=(
            "Help those who are hurt, and call 911 where a life is in danger.",
            "Watch out for nails, glass and power lines on the ground.",
            "Stay out of buildings that are damaged until somebody has looked at them.",
        ),
    ),
    "winter_storm": Hazard(
        high="ME NH VT MA NY PA MI WI MN ND SD MT WY CO AK IA NE",
        moderate="CT RI NJ OH IN IL MD DE VA WV KY MO KS OK ID UT WA OR NV CA NM TX TN NC",
        impact="serious",
        reasons=(
            "Winter storms seldom reach {place}, but pipes, roads and power lines there are not made for frost.",
            "In some winters snow or ice closes roads around {place} and takes down power lines.",
            "Snow, ice and deep cold come to {place} every winter and can close roads for days.",
        ),
        concerns=(
            "A home that cools down when the heating fails",
            "Carbon monoxide from stoves and generators that are used inside",
            "Pipes that freeze and burst",
        ),
        before=(
            "Insulate pipes, and learn where the main water valve is.",
            "Test the carbon monoxide alarm, and buy one if you have none.",
            "Keep blankets, a shovel and a charged telephone in the car.",
        ),
        during=(
            "Stay inside, in one room that you keep warm, and wear several layers.",
            "Let taps drip and open the cupboards under sinks, so that pipes do not freeze.",
            "Never heat with an oven, a grill or a generator inside.",
        ),
        after=(
            "Shovel slowly and with breaks, because it strains the heart.",
            "Look in on neighbours who live alone.",
            "Clear snow from vents and from the exhaust before you start the car.",
        ),
    ),
    "heat_wave": Hazard(
        high="AZ NV TX CA NM FL LA OK UT MS AL GA SC AR PR",
        moderate="KS MO TN NC VA MD DE NJ NY PA IL IN OH CO OR WA ID HI",
        impact="serious",
        reasons=(
            "Long heat is rare around {place}, and many homes there have no air conditioning.",
            "Several days of dangerous heat come to {place} in most summers.",
            "Summers in {place} bring weeks of dangerous heat, by night as well.",
        ),
        concerns=(
            "Heat stroke of children, older people and those who work outside",
            "Rooms that do not cool down at night",
            "Power cuts when everybody runs the air conditioning",
        ),
        before=(
            "Find the nearest cooling centre or library, and how to get there.",
            "Hang light curtains or reflecting film on windows that face south and west.",
            "Ask a doctor whether anybody's medicine makes heat more dangerous.",
        ),
        during=(
            "Drink water every half hour, before you are thirsty.",
            "Stay in the coolest room, and go out only early or late in the day.",
            "Cool a person who is confused or no longer sweats, and call 911.",
        ),
        after=(
            "Look in on neighbours who live alone.",
            "Air the rooms at night and early in the morning.",
            "Fill up water and electrolytes for the next hot days.",
        ),
    ),
    "power_outage": Hazard(
        high="CA TX LA FL MI ME WV MS AL PR",
        moderate="NY NJ PA OH IN IL KY TN NC SC GA VA WA OR OK AR MA CT NH VT MD WI MN HI AK",
        impact="serious",
        reasons=(
            "Long power outages are rare around {place}, which makes it easy to be caught by one.",
            "Storms leave parts of {place} without electricity for a day or more in some years.",
            "Storms, heat or fire danger cut the electricity of {place} several times a year, now and then for days.",
        ),
        concerns=(
            "Food and medicine that no longer stay cold",
            "Telephones that run empty when news matters most",
            "Carbon monoxide from generators and grills that are used inside",
        ),
        before=(
            "Charge power banks and telephones whenever a warning is given out.",
            "Freeze bottles of water to keep the refrigerator cold for longer.",
            "Learn how to open the garage door and other electric doors by hand.",
        ),
        during=(
            "Keep the refrigerator closed; it stays cold for about four hours.",
            "Unplug computers and televisions, and leave one lamp on as a sign.",
            "Run a generator outside only, far from doors and windows.",
        ),
        after=(
            "Throw away food that was warmer than a refrigerator for two hours.",
            "Plug devices in again one after the other.",
            "Write down what you missed, and buy it before the next time.",
        ),
    ),
}

NEEDS: dict[str, tuple[str, str]] = {
    "prescription_medicine": (
        "somebody needs prescription medicine",
        "Ask the pharmacy for medicine for {days}, and keep a list of names and doses with it.",
    ),
    "refrigerated_medicine": (
        "somebody needs medicine that has to stay cold",
        "Keep ice packs frozen, and learn how long the medicine lasts in the cool box.",
    ),
    "powered_device": (
        "somebody depends on a medical device with a plug",
        "Tell the power company and the clinic about the device, and test it on the power station.",
    ),
    "mobility_aid": (
        "somebody needs a cane, a walker or a wheelchair",
        "Practise the way out with the mobility aid, and agree on who helps.",
    ),
}
"""What somebody may depend on: in a sentence on the household, and what to do about it beforehand."""
