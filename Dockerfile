# Front-end packages are fetched by a Node that the final image does not carry.
FROM node:24-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/data STATIC_ROOT=/app/staticfiles MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /app
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin quadrant \
 && install --directory --owner quadrant /data
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir -r requirements.txt -c constraints.txt
COPY --from=front-end /app/node_modules node_modules
COPY . .
# Collecting reads the settings but reaches no server; nothing of this line stays in the image.
RUN QUADRANT_LOCAL=1 DATABASE_URL=postgresql://quadrant@/quadrant?host=/nowhere \
    REDIS_URL=redis://nowhere python manage.py collectstatic --no-input --verbosity 0
USER quadrant
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "config.wsgi", "--no-control-socket", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4"]
