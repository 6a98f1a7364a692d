import unittest


class Sum(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(sum([1, 2, 3]), 6)
