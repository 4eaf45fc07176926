"""Registries: names, examples, configurations."""

import pytest

from minigan.errors import ArgumentError
from minigan.registry import Example, Registry, arguments_of, config_of, create


class Fruit:
    def __init__(self, size, colour="red", *, rng=0, dtype="f4"):
        self.size, self.colour, self.rng, self.dtype = size, colour, rng, dtype


class Apple(Fruit):
    def __init__(self, size, sort="old", **options):
        super().__init__(size, **options)
        self.sort = sort


def test_registered_under_its_name_and_returned_unchanged():
    fruits = Registry("fruit")
    assert fruits.register()(Apple) is Apple
    assert dict(fruits) == {"Apple": Apple} and len(fruits) == 1
    assert fruits["Apple"] is Apple and fruits.name_of(Apple) == "Apple"
    assert fruits.name_of(Fruit) is None and fruits.examples("Apple") == ()
    assert repr(fruits) == "Registry(fruit: Apple)"


def test_names_of_ones_choice():
    class Named(Fruit):
        name = "by attribute"

    class Property(Fruit):
        @property
        def name(self):
            return "of an object"

    fruits = Registry("fruit")
    fruits.register()(Named)
    fruits.register(name="by argument")(Named)
    fruits.register()(Property)
    fruits.register(name="function")(lambda: 3)
    assert list(fruits) == ["by attribute", "by argument", "Property", "function"]


def test_a_name_is_taken_once_but_a_class_may_be_defined_again():
    def define(value):
        class Pear:
            number = value

        return Pear

    fruits = Registry("fruit")
    first, second = define(1), define(2)
    fruits.register(Example({"size": 1}))(first)
    fruits.register()(second)  # as when a cell of a notebook is run again
    assert fruits["Pear"] is second and fruits.examples("Pear") == ()
    with pytest.raises(ArgumentError, match="'name': expected a new fruit, got 'Pear'"):
        fruits.register(name="Pear")(Apple)
    assert fruits["Pear"] is second


class Basket:
    def __init__(self, name, generator):
        self.name, self.generator = name, generator


def test_an_object_of_the_same_module_may_be_made_again():
    fruits = Registry("basket")
    for generator in (lambda: 1, lambda: 2):  # a cell of a notebook, run again
        basket = fruits.register()(Basket("mine", generator))
        assert fruits["mine"] is basket
    for other in (Basket("mine", create), Apple):  # of another module, another type
        with pytest.raises(ArgumentError, match="expected a new basket, got 'mine'"):
            fruits.register(name="mine")(other)
    builtin = fruits.register()(Basket("builtin", create))
    fruits.register()(builtin)
    with pytest.raises(ArgumentError, match="expected a new basket, got 'builtin'"):
        fruits.register()(Basket("builtin", create))


def test_classes_with_a_method_of_that_name_stay_two():
    class Pear:
        name = "pear"

        def generator(self):
            return 1

    class Other(Pear):
        pass

    fruits = Registry("fruit")
    fruits.register()(Pear)
    with pytest.raises(ArgumentError, match="expected a new fruit, got 'pear'"):
        fruits.register()(Other)


def test_chosen_and_unregistered():
    fruits = Registry("fruit")
    fruits.register()(Apple)
    assert fruits.chosen("eat", "fruit", "Apple") is Apple
    for wrong in ("Pear", None, 3):
        with pytest.raises(ArgumentError, match="^eat: argument 'fruit': .*'Apple'"):
            fruits.chosen("eat", "fruit", wrong)
    fruits.unregister("Apple")
    assert not fruits
    with pytest.raises(KeyError):
        fruits.examples("Apple")


def test_examples_in_order():
    fruits = Registry("fruit")
    examples = Example({"size": 1}, note="small"), Example({"size": 9}, (2, 3))
    fruits.register(*examples)(Apple)
    assert fruits.examples("Apple") == examples
    assert examples[0].shape is None and examples[1].options == {}


def test_the_configuration_is_read_from_attributes():
    apple = Apple(3, "new", colour="green", rng=5)
    assert arguments_of(Apple) == ["size", "sort", "colour", "rng", "dtype"]
    assert config_of(apple) == {"size": 3, "sort": "new", "colour": "green"}
    twin = create(Apple, config_of(apple), rng=7, dtype="f8")
    assert config_of(twin) == config_of(apple)
    assert (twin.rng, twin.dtype) == (7, "f8")
    del apple.sort
    with pytest.raises(AttributeError, match="sort"):
        config_of(apple)


def test_only_what_a_constructor_takes_is_handed_on():
    class Stone:
        def __init__(self, size):
            self.size = size

    assert create(Stone, {"size": 2}, rng=1, dtype="f4").size == 2
    assert create(object, {}, rng=1).__class__ is object
