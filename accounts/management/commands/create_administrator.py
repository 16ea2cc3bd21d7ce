"""bin/manage create_administrator NAME: who invites everybody else; prints the password once."""

from accounts.management.commands import create_coordinator
from accounts.models import Role


class Command(create_coordinator.Command):
    role = Role.Name.ADMINISTRATOR
    help = "Make an administrator's account with a password drawn at random, and print it once."
