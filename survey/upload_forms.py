"""Forms of the Files page, and the way a file takes into them: compressed in memory while it comes, on no disk."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext_lazy as _

from accounts.forms import DeskForm
from survey.cohort_forms import DayField
from survey.language import language_name
from survey.packing import Packer
from survey.protocol.schema import Protocol
from survey.uploads import Parcel

MOST_MAPPING = 256 * 1024
LONGEST_NAME = 120


class PackedFile(UploadedFile):
    """A file that came in; its content is only there compressed."""

    def __init__(self, name: str, packer: Packer, mapping: bytes) -> None:
        super().__init__(name=name, size=packer.size)
        self.packer, self.start = packer, mapping


class PackingHandler(FileUploadHandler):
    """Takes the files of our own fields, one each; whatever else is sent is dropped as it comes."""

    FIELDS = ("file", "mapping", "bundle-file")

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.seen: set[str] = set()

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, *args, **kwargs)
        self.packer = Packer() if field_name in self.FIELDS and field_name not in self.seen else None
        self.seen.add(field_name)
        self.beginning = bytearray()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.packer is not None:
            self.packer.feed(raw_data)
            self.beginning += raw_data[: max(0, MOST_MAPPING + 1 - len(self.beginning))]

    def file_complete(self, file_size: int) -> PackedFile | None:
        return None if self.packer is None else PackedFile(self.file_name, self.packer, bytes(self.beginning))


class _FileForm(DeskForm):
    """A file, under the name that lists show: short, without signs that cannot be shown."""

    kind = ""
    file = forms.FileField(label=_("File"), help_text=_("At most 128 MB."))

    def clean_file(self) -> PackedFile:
        file: PackedFile = self.cleaned_data["file"]
        if file.packer.is_too_big:
            raise forms.ValidationError(_("This file is too big. Split it into several and send one after the other."))
        return file

    @property
    def name(self) -> str:
        name = str(self.cleaned_data["file"].name)
        return "".join(sign for sign in name if sign.isprintable())[-LONGEST_NAME:] or "?"

    def parcel(self) -> Parcel:
        raise NotImplementedError


class TableForm(_FileForm):
    """A CSV of responses, as `import_responses` takes it."""

    kind = "table"
    mapping = forms.FileField(
        label=_("Mapping file"),
        required=False,
        help_text=_("Says what the columns and values of another tool's export mean. Leave it out for our own files."),
    )
    language = forms.ChoiceField(label=_("Language, where no column says it"), required=False)
    day = DayField(label=_("A day of the week, where no column says it"), required=False)

    def __init__(self, *args: Any, protocol: Protocol, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["language"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = [("", "–"), *((tag, language_name(tag)) for tag in protocol.languages)]

    def clean_mapping(self) -> str:
        file: PackedFile | None = self.cleaned_data["mapping"]
        if file is None:
            return ""
        try:
            if file.packer.size > MOST_MAPPING:
                raise ValueError
            return file.start.decode("utf-8-sig")
        except ValueError:
            raise forms.ValidationError(_("Save the mapping file as CSV UTF-8; it has at most 256 KB.")) from None

    def parcel(self) -> Parcel:
        value = self.cleaned_data
        day = value["day"].isoformat() if value["day"] else ""
        return Parcel(value["file"].packer.packed(), value["mapping"], day, value["language"])


class BundleForm(_FileForm):
    """A bundle of a field laptop; the workers have the key that opens it."""

    prefix = "bundle"
    kind = "bundle"

    def parcel(self) -> Parcel:
        return Parcel(self.cleaned_data["file"].packer.packed())
