"""Rows of the console: who is signed in, the ways in, tries that failed, and what a form was answered."""

from __future__ import annotations

from tortoise import fields

from kernel.models import Model


class Session(Model):
    """One browser that a colleague is signed in with. Only the digest of its token is kept.

    `pending`: the secret of a second factor that he has been shown and has not confirmed yet.
    """

    id = fields.BigIntField(primary_key=True)
    digest = fields.CharField(max_length=64)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    csrf = fields.CharField(max_length=64)
    agent = fields.CharField(max_length=200)
    pending = fields.CharField(max_length=64, null=True)
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "sessions"


class SignInLink(Model):
    """A link that signs a colleague in, once and soon. Only the digest of its token is kept."""

    id = fields.BigIntField(primary_key=True)
    digest = fields.CharField(max_length=64)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        app = "centrala"
        table = "sign_in_links"


class Credential(Model):
    """A colleague's password (argon2id) and second factor. `spent`: the last code taken, so that none goes twice."""

    id = fields.BigIntField(primary_key=True)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    password = fields.CharField(max_length=200)
    totp = fields.CharField(max_length=64)
    spent = fields.BigIntField()
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "credentials"


class SignInTry(Model):
    """A try to sign in that was wrong or is not over. `key`: a digest of whose account, or from which address."""

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(max_length=64)
    at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "sign_in_tries"


class FormAnswer(Model):
    """What a colleague's form was answered, under the key it was shown with: sent twice, it is done once."""

    id = fields.BigIntField(primary_key=True)
    staff: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "centrala.Staff", related_name=False, on_delete=fields.RESTRICT
    )
    key = fields.CharField(max_length=64)
    answer = fields.TextField(null=True)  # JSON; empty while the order is under way
    created_at = fields.DatetimeField()

    class Meta:
        app = "centrala"
        table = "form_answers"
