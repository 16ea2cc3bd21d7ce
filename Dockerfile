# One image for web, worker, beat and migrations. Its version is the embedded one's Python series.
FROM python:3.13.9-slim-bookworm

RUN useradd --system --uid 10001 --home-dir /app survey
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --only-binary :all: -r requirements.txt
COPY . .
# Catalogues and static files belong to the image. Collecting needs settings, not a database or a real secret.
RUN DATA_DIR=/app/built DATABASE_URL=postgresql://nobody@localhost/none SECRET_KEY=$(python -c "print('x' * 40)") \
    python -m surveyproject.build
# New volumes take over the owner and the mode of these folders.
RUN install -d -o survey -m 0700 /keys/site-keys /keys/shred
ENV DATA_DIR=/app/built PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER survey
