# One image for API, migration and workers: the difference is the command.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN useradd --system --uid 10001 --create-home synib \
 && install -d -o synib -g synib /var/lib/synib/store
WORKDIR /srv/synib

# The dependencies change rarely and weigh most: a layer of their own, before the code.
COPY pyproject.toml constraints.txt scripts/torchaudio_without_cuda.py ./
RUN python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
print(*p['dependencies'], *p['optional-dependencies']['encoders'], sep='\n')" > requirements.txt \
 && pip install -c constraints.txt -r requirements.txt hatchling \
 && pip install -c constraints.txt --no-deps torchaudio \
 && python torchaudio_without_cuda.py

COPY README.md ./
COPY synib synib
COPY app app
COPY worker worker
COPY migrations migrations
COPY examples examples
RUN pip install --no-deps --no-build-isolation . && synib certify

ENV SYNIB_STORE=/var/lib/synib/store
USER synib
EXPOSE 8000
CMD ["uvicorn", "app.main:create_app", "--factory", "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "5"]
