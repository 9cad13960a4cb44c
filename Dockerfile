# CPU:  docker build -t ancra-lab .
# CUDA: docker build -t ancra-lab --build-arg TORCH_INDEX= . && docker run --gpus all -p 127.0.0.1:8501:8501 ancra-lab
FROM python:3.12-slim
# PyTorch's CPU wheels are a tenth of the size; an empty value takes the CUDA builds of the standard registry.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /srv/ancra
COPY requirements.txt .
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url ${TORCH_INDEX}} -r requirements.txt
COPY . .
RUN pip install --no-cache-dir --no-deps -e . && useradd --create-home --uid 1000 ancra && mkdir -p workspace && chown ancra workspace
USER ancra
# Where the file system is read-only, /tmp is what is left for what numba compiles.
ENV OMP_WAIT_POLICY=PASSIVE ANCRA_HOME=/srv/ancra/workspace NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib
VOLUME /srv/ancra/workspace
EXPOSE 8501
HEALTHCHECK CMD python -c "import urllib.request as u; u.urlopen('http://localhost:8501/_stcore/health')"
CMD ["ancra", "app", "--port", "8501", "--address", "0.0.0.0", "--trusted"]
