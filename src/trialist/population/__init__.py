"""Virtual participants, line 3a: parameters and a random stream in, draws out.

`Model.of` reads the parameters of one scenario; `Person.draw` draws everything about one person from a
stream of their own, the same whatever arm they will be in; `Course.follow` says what befalls that person on
an arm.
"""

from trialist.population.course import Contact, Course, Departure, Event
from trialist.population.model import Model
from trialist.population.person import Person
from trialist.population.stream import stream

__all__ = ["Contact", "Course", "Departure", "Event", "Model", "Person", "stream"]
