/** @file What the forms of the prelude are taken from: the first steps of small models, as programs begin. */

/** Runs them with the packages given. */
export function preludeWork({ autograd, nn, optim }) {
  const { randn, tensor, grad, noGrad, manualSeed } = autograd;
  manualSeed(0);
  const train = (model, optimizer, loss, steps) => {
    for (let i = 0; i < steps; i++) {
      optimizer.zeroGrad();
      loss(model).backward();
      optimizer.step();
    }
    noGrad(() => loss(model).item());
  };
  const squared = new nn.MSELoss();
  const entropy = new nn.CrossEntropyLoss();
  const classes = (n, most) =>
    tensor(
      Array.from({ length: n }, (_, i) => i % most),
      { dtype: 'int32' },
    );

  for (const [batch, width, Optimizer] of [
    [32, 16, optim.Adam],
    [8, 64, optim.SGD],
    [64, 784, optim.Adam],
  ]) {
    const model = new nn.Sequential(new nn.Linear(width, 32), new nn.ReLU(), new nn.Linear(32, 10));
    const x = randn([batch, width]);
    const [y, wanted] = [randn([batch, 10]), classes(batch, 10)];
    const optimizer = new Optimizer(model.parameters(), { lr: 0.01 });
    train(model, optimizer, (m) => squared.forward(m.forward(x), y), 4);
    train(model, optimizer, (m) => entropy.forward(m.forward(x), wanted), 4);
  }

  const tanh = new nn.Sequential(
    new nn.Linear(2, 8),
    new nn.Tanh(),
    new nn.Linear(8, 1),
    new nn.Sigmoid(),
  );
  const corners = tensor([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const answers = tensor([[0], [1], [1], [0]]);
  for (const Optimizer of [optim.SGD, optim.AdamW])
    train(
      tanh,
      new Optimizer(tanh.parameters(), { lr: 0.1 }),
      (m) => squared.forward(m.forward(corners), answers),
      4,
    );

  const lstm = new nn.LSTM(16, 32, { batchFirst: true });
  const head = new nn.Linear(32, 4);
  const [sequence, last] = [randn([8, 50, 16]), randn([8, 4])];
  train(
    [lstm, head],
    new optim.Adam([...lstm.parameters(), ...head.parameters()]),
    () => {
      const [output] = lstm.forward(sequence);
      return squared.forward(head.forward(output.select(1, 49)), last);
    },
    4,
  );

  const layer = () =>
    new nn.TransformerEncoderLayer(32, 4, { dimFeedforward: 64, dropout: 0, batchFirst: true });
  const transformer = new nn.Sequential(layer(), layer());
  const [tokens, next] = [randn([4, 16, 32]), randn([4, 16, 32])];
  train(
    transformer,
    new optim.Adam(transformer.parameters()),
    (m) => squared.forward(m.forward(tokens), next),
    4,
  );

  const convolutional = new nn.Sequential(
    new nn.Conv2d(1, 4, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(676, 10),
  );
  const images = randn([8, 1, 28, 28]);
  train(
    convolutional,
    new optim.Adam(convolutional.parameters()),
    (m) => entropy.forward(m.forward(images), classes(8, 10)),
    4,
  );

  // Functions of a vector and of a matrix, and their gradients.
  const functions = [
    'exp',
    'log',
    'sin',
    'cos',
    'tanh',
    'sqrt',
    'square',
    'sigmoid',
    'relu',
    'abs',
    'neg',
    'softplus',
  ];
  for (const shape of [[64], [16, 48]]) {
    for (const name of functions) grad((x) => x[name]().sum())(randn(shape)).dataSync();
    for (const name of ['add', 'sub', 'mul', 'div', 'maximum']) {
      grad((x, y) => x[name](y).sum())(randn(shape), randn(shape)).dataSync();
      randn(shape)[name](2).dataSync();
      randn(shape)
        [name](randn(shape.slice(-1)))
        .dataSync();
    }
    for (const name of ['mean', 'max', 'std', 'logsumexp', 'softmax'])
      randn([16, 48])[name](1).dataSync?.();
  }
}
