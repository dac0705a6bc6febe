"""A strict Twilio of our own for the demo and the tests: only its public names are here, the work is below."""

from channels.sms.simulator.faults import Faults
from channels.sms.simulator.memory import recall, remember
from channels.sms.simulator.model import Call, Delivery, Message
from channels.sms.simulator.server import TwilioApi
from channels.sms.simulator.world import World

__all__ = ["Call", "Delivery", "Faults", "Message", "TwilioApi", "World", "recall", "remember"]
